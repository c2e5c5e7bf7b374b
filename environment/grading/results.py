"""What a run of tests gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Outcome(StrEnum):
    """How a test ended. Only `PASSED` counts."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    TIMEOUT = "timeout"
    MISSING = "missing"


@dataclass(frozen=True)
class Collected:
    """What the plugin tells of a test before it runs."""

    services: tuple[str, ...]
    infrastructure_state: bool


@dataclass(frozen=True)
class SuiteRun:
    """The outcome of every expected test, and why, if any, the whole run can't be believed."""

    outcomes: Mapping[str, Outcome]
    messages: Mapping[str, str] = field(default_factory=dict)
    collected: Mapping[str, Collected] = field(default_factory=dict)
    void: str = ""
    """Not empty: a process contradicted itself; nothing counts as passed then."""
    log_tail: str = ""
    """The last lines that pytest printed, for people."""
    unstable: frozenset[str] = frozenset()
    """Tests that failed and then passed when they were run again; they count as passed."""
    void_phases: Mapping[str, str] = field(default_factory=dict)
    """Phases ("unit") that can't be believed, and why; none of their tests is among those that passed."""

    ignored: tuple[str, ...] = ()
    """What of a submission was not taken over."""

    @property
    def passed(self) -> frozenset[str]:
        """Ids of the tests that count as passed."""
        if self.void:
            return frozenset()
        return frozenset(test_id for test_id, outcome in self.outcomes.items() if outcome is Outcome.PASSED)

    @property
    def not_run(self) -> frozenset[str]:
        """Ids of the expected tests that nothing is known of: they could not be collected, or a limit came first."""
        return frozenset(test_id for test_id, outcome in self.outcomes.items() if outcome is Outcome.MISSING)

    @property
    def failed(self) -> frozenset[str]:
        """Ids of the expected tests that don't count as passed."""
        return frozenset(self.outcomes) - self.passed


def confirmed(run: SuiteRun, again: SuiteRun) -> SuiteRun:
    """A run whose failures were run once more: what failed both times has failed.

    What a limit kept from running the first time is judged by the second run alone, and is no sign of instability.
    """
    saved = run.failed & again.passed
    late = {test_id: again.outcomes[test_id] for test_id in run.not_run if test_id in again.outcomes}
    said = {test_id: again.messages[test_id] for test_id in late if test_id in again.messages}
    return replace(
        run,
        outcomes={**run.outcomes, **dict.fromkeys(saved, Outcome.PASSED), **late},
        messages={**run.messages, **said},
        void=run.void or again.void,
        unstable=run.unstable | (saved - run.not_run),
    )


def without_phase(run: SuiteRun, phase: str) -> SuiteRun:
    """A run of one phase: when it is void, what it reported as passed doesn't count, and the rest of a grading does."""
    if not run.void:
        return run
    forged = [test_id for test_id, outcome in run.outcomes.items() if outcome is Outcome.PASSED]
    return replace(
        run,
        outcomes={**run.outcomes, **dict.fromkeys(forged, Outcome.ERROR)},
        messages={**run.messages, **dict.fromkeys(forged, f"doesn't count: {run.void}")},
        void="",
        void_phases={**run.void_phases, phase: run.void},
    )


def merged(runs: list[SuiteRun]) -> SuiteRun:
    """Several runs over different tests as one."""
    return SuiteRun(
        outcomes={test_id: outcome for run in runs for test_id, outcome in run.outcomes.items()},
        messages={test_id: text for run in runs for test_id, text in run.messages.items()},
        collected={test_id: item for run in runs for test_id, item in run.collected.items()},
        void="; ".join(run.void for run in runs if run.void),
        log_tail="\n".join(run.log_tail for run in runs if run.log_tail),
        unstable=frozenset().union(*(run.unstable for run in runs)),
        void_phases={phase: reason for run in runs for phase, reason in run.void_phases.items()},
    )
