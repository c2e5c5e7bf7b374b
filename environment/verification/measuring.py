"""Runs the reference and single bugs, as far as what is known doesn't answer already."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from environment.bugs.catalogue import Bug
from environment.bugs.errors import ManifestError
from environment.bugs.held_out import HeldOut, all_files
from environment.bugs.manifest import Measurement
from environment.grading.results import Collected, Outcome, SuiteRun
from environment.grading.runner import Options, passing_twins
from environment.reach.changes import changes
from environment.reach.instrument import function_names
from environment.reach.reach_map import ReachMap
from environment.reach.recording import Recording, merged_recordings
from environment.verification.records import Record, carried, extended, judged, module_of, still_valid, supposed
from environment.verification.runs import IDLE_SECONDS, collect_tests, run_recorded
from environment.workspace.reference import Reference


@dataclass(frozen=True)
class Findings:
    """What the runs of one tree gave, with what was known of it before."""

    failed: frozenset[str] = frozenset()
    """Tests that fail, every time they were run."""
    unstable: frozenset[str] = frozenset()
    """Tests that don't always end alike."""
    messages: Mapping[str, str] = field(default_factory=dict)
    forgeable: frozenset[str] = frozenset()
    """Unit tests of the reference that pass even when they are changed so that they must fail."""
    void: str = ""
    """Not empty: why nothing of it can be believed."""
    ran: frozenset[str] = frozenset()
    touched: int = 0
    """How many tests it is about."""
    seconds: float = 0.0
    """0 when nothing had to run."""


@dataclass(frozen=True)
class Plan:
    """What there is to do for a bug: the tests that it can touch, and those of them that need not run."""

    bug: Bug
    files: Mapping[str, bytes]
    touched: frozenset[str]
    valid: frozenset[str] = frozenset()
    """Tests whose outcome with the bug is known."""
    record: Record | None = None
    """What is known of the bug on today's reference."""

    @property
    def wanted(self) -> frozenset[str]:
        """The tests to run."""
        return self.touched - self.valid

    @property
    def done(self) -> bool:
        """Whether nothing has to run."""
        return self.record is not None and not self.wanted

    def anew(self) -> Plan:
        """The same when nothing is believed that is known."""
        return Plan(self.bug, self.files, self.touched)

    @property
    def failed(self) -> frozenset[str]:
        """What is known to fail."""
        return self.record.run.failed & self.touched if self.record is not None else frozenset()


@dataclass
class Measurer:
    """Measures trees by what their changes can touch.

    `fresh` and more than one `repeat` believe nothing that was measured before.
    """

    reference: Reference
    options: Options
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)
    """Held-out tests are measured like all others, each on the reference and with its own bug."""
    repeat: int = 1
    fresh: bool = False
    idle_seconds: float = IDLE_SECONDS
    workers_a_bug: int | None = None
    """How many fleets one bug's run may use, when several bugs are measured at a time."""
    keep_reference: bool = False
    """Whether what is known of the reference is believed in any case: only bugs are measured anew."""

    def measure_reference(self, record: Record | None) -> tuple[Record, Findings]:
        """The record of the reference: what isn't known of it runs. What fails, or can't fail, is in it as failed.

        Raises `ManifestError` when there is no test, or the run contradicts itself.
        """
        began, files = time.monotonic(), self.files
        record = None if self.from_nothing and not self.keep_reference else record
        expected, valid, collected = self._open(record)
        runs = self._run(files, expected, whole=expected is None)
        failed = frozenset[str]().union(*(run.failed | run.unstable for run, _ in runs))
        run, ran = runs[-1][0], frozenset(runs[-1][0].outcomes)
        if run.void or (record is None and not ran):
            raise ManifestError(f"The reference can't be measured: {run.void or 'it has no tests'}")
        # Before anything is kept: what is kept isn't looked at again.
        forgeable = frozenset(passing_twins(files, ran - failed, Options(twins=False)))
        bad = failed | forgeable
        told = {
            test_id: Outcome.FAILED if test_id in bad else run.outcomes[test_id] for test_id in ran if _is_test(test_id)
        }
        good = replace(run, outcomes=told, collected={**collected, **run.collected})
        # A module that can't be collected counts as one that isn't there, so that it is looked at again.
        sound = {path: content for path, content in files.items() if path not in failed}
        record = extended(record, valid, sound, good, merged_recordings(*(recording for _, recording in runs)))
        seconds = time.monotonic() - began if ran else 0.0
        return record, Findings(failed, failed, run.messages, forgeable, "", ran, len(record.run.outcomes), seconds)

    def plan(self, bug: Bug, record: Record | None, measured: Measurement | None, reach: ReachMap) -> Plan:
        """What there is to do for a bug on today's reference. Without a record, it is believed what the manifest says
        of this very reference."""
        files = {**self.reference.with_bugs([bug]), **all_files(self.held_out)}
        touched = self._asked(bug.id, reach.selection(changes(self.files, files)).tests)
        today = (bug.digest, self.reference.digest)
        if record is None and measured is not None and (measured.patch, measured.reference) == today:
            visible = frozenset(test_id for test_id in touched if module_of(test_id) in self.reference.files)
            record = supposed(files, visible, measured.triggers, reach)
        if record is None:
            return Plan(bug, files, touched)
        valid = still_valid(record, files, reach) & touched
        return Plan(bug, files, touched, valid, carried(record, valid, files))

    def measure_bug(self, plan: Plan) -> tuple[Record | None, Findings]:
        """What fails with one bug alone, of what it can touch. There is no record of a run that can't be believed."""
        began, record = time.monotonic(), plan.record
        failed, ever = plan.touched, frozenset[str]()
        for run, recording in self._run(plan.files, plan.wanted, workers=self.workers_a_bug):
            if run.void:
                return None, Findings(void=run.void)
            record = extended(record, plan.valid, plan.files, run, recording)
            failed, ever = failed & record.run.failed, ever | record.run.failed | record.run.unstable
        assert record is not None  # There is always one run, if only of no test.
        seconds = time.monotonic() - began if plan.wanted else 0.0
        return record, Findings(
            failed,
            ever - failed,
            record.run.messages,
            ran=plan.wanted,
            touched=len(plan.touched),
            seconds=seconds,
        )

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """The reference with all held-out tests laid into it."""
        return dict(sorted({**self.reference.files, **all_files(self.held_out)}.items()))

    def _asked(self, bug_id: str, tests: frozenset[str]) -> frozenset[str]:
        """Those tests that can be asked about a bug: the visible ones and its own."""
        foreign = all_files({other: item for other, item in self.held_out.items() if other != bug_id})
        return frozenset(test_id for test_id in tests if module_of(test_id) not in foreign)

    @property
    def from_nothing(self) -> bool:
        """Whether nothing is believed that was measured before."""
        return self.fresh or self.repeat > 1

    def _open(self, record: Record | None) -> tuple[frozenset[str] | None, frozenset[str], Mapping[str, Collected]]:
        """The tests to run on the reference (None: all that there are), those of which it is known that they pass, and
        what had to be asked of tests before they run."""
        if record is None:
            return None, frozenset(), {}
        files = judged(self.files)
        changed = changes(record.prints, files)
        known = record.run.passed
        collected: Mapping[str, Collected] = {}
        present = frozenset(record.run.collected)
        if changed.modules or any(path.startswith("tests/") for path in changed.files) or not known <= present:
            # A test's parameters, and so its id, may come from what a module says when it is loaded.
            found = collect_tests(self.files, self.options)
            present, collected = frozenset(found.outcomes), found.collected
        valid = still_valid(record, files) & known
        return present - valid, present & valid, collected

    def _run(
        self,
        files: Mapping[str, bytes],
        expected: Collection[str] | None,
        *,
        whole: bool = False,
        workers: int | None = None,
    ) -> list[tuple[SuiteRun, Recording]]:
        """The runs that were asked for; one of no test when none has to run."""
        if expected is not None and not expected:
            return [(SuiteRun({}), Recording(function_names(files)))]
        idle = self.idle_seconds if whole else None
        options = self.options if workers is None else replace(self.options, workers=workers)
        return [run_recorded(files, expected, options, idle_seconds=idle) for _ in range(self.repeat)]


def _is_test(test_id: str) -> bool:
    """Whether this is a test, and not a module that can't be collected."""
    return "::" in test_id
