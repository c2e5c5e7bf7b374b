"""Runs tests on a mutant, the most telling first, until one fails."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from environment.affected.order import Choice, choose
from environment.causes import one_line
from environment.grading.errors import InfrastructureError
from environment.grading.process import NOT_RUN
from environment.grading.runner import Options, run_suite
from environment.mutants.sample import Mutant
from environment.reach.reach_map import ReachMap

ARGUMENTS = ("-p", "no:randomly", "--exitfirst")
MESSAGE_LIMIT = 160
LATE = "Timeout"
"""What a test says that took too long: it may be the mutant, and it may be the machine."""


@dataclass(frozen=True)
class Failure:
    """The test that failed first, and what it said."""

    test: str
    says: str


class Undecided(Exception):
    """A run from which nothing follows. The message says why."""


@dataclass(frozen=True)
class Trial:
    """Runs tests on mutants of one tree. It never has more than one fleet at a time."""

    files: Mapping[str, bytes]
    options: Options

    def first_failure(self, mutant: Mutant, tests: Sequence[str], *, confirm: bool = False) -> Failure | None:
        """Run the tests in this order until one fails; None when all of them pass.

        With `confirm`, a failure counts only when the test fails a second time, alone; a test that took too long is
        always run once more. Raises `Undecided` when it passes then, or when the run itself can't be believed, and
        `Stopped` when the options' `stop` is set.
        """
        if not tests:
            return None
        failure = self._run(mutant, tests)
        doubtful = failure is not None and (confirm or LATE in failure.says)
        if failure is not None and doubtful and self._run(mutant, [failure.test]) is None:
            raise Undecided(f"{failure.test} failed once and then passed")
        return failure

    def _run(self, mutant: Mutant, tests: Sequence[str]) -> Failure | None:
        options = replace(self.options, workers=1, first=tuple(tests), arguments=(*self.options.arguments, *ARGUMENTS))
        try:
            run = run_suite(mutant.tree(self.files), tests, options)
        except InfrastructureError as error:
            raise Undecided(one_line(str(error), MESSAGE_LIMIT)) from error
        if run.void:
            raise Undecided(run.void)
        # What came after the first failure didn't run. Where nothing else failed, a module can't even be read.
        failed = run.failed - run.not_run or run.failed
        for test_id in filter(failed.__contains__, tests):
            if test_id not in run.not_run or run.messages.get(test_id) != NOT_RUN:
                return Failure(test_id, one_line(run.messages.get(test_id, ""), MESSAGE_LIMIT))
        if failed:
            raise Undecided("it was given up before a test had run")
        return None


def touched(files: Mapping[str, bytes], reach_map: ReachMap, mutant: Mutant) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tests that a mutant can touch: those without a fleet, and those with one, each in the order to run them.

    Live tests that reach the function themselves come before those that only share a fleet whose start does, and of
    either the shortest first.
    """
    choice: Choice = choose(reach_map, files, mutant.tree(files))
    own = reach_map.tests(mutant.change.function)
    return choice.unit, tuple(by_length(reach_map, choice.live, own))


def by_length(reach_map: ReachMap, tests: Collection[str], own: Collection[str] = ()) -> list[str]:
    """The shortest first, after those of `own` that are among them."""
    return sorted(tests, key=lambda test_id: (test_id not in own, reach_map.seconds(test_id), test_id))


def within(reach_map: ReachMap, tests: Sequence[str], seconds: float) -> tuple[str, ...]:
    """As many of the first tests as take no longer than that together, by what the map knows."""
    total = 0.0
    for place, test_id in enumerate(tests):
        total += reach_map.seconds(test_id)
        if total > seconds:
            return tuple(tests[:place])
    return tuple(tests)
