"""Deciding mutants: unit tests, then live ones, and what isn't known is said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from environment.grading.runner import Options
from environment.mutants.run import End, Result, Runner
from environment.mutants.sample import Mutant
from environment.mutants.trial import Failure, Trial, Undecided, within
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import BILLING, BORDERS, CAPACITY, CLAIMS, PRORATION, UNIT
from environment.tests.mutants.conftest import MakeMutant
from environment.workspace.reference import Reference

FITS, DAYS = f"{CAPACITY}::fits", f"{PRORATION}::days"
STRICT = "return used + wanted < capacity"
BORDER, CLAIM = f"{BORDERS}::test_a_claim_beyond_the_last_unit", f"{CLAIMS}::test_a_claim_up_to_the_last_unit"


@pytest.fixture
def runner(reference: Reference, reach_map: ReachMap) -> Runner:
    return Runner(reach_map, Trial(reference.files, Options(twins=False)))


def without_unit_tests(reach_map: ReachMap) -> ReachMap:
    tests = {test_id: reach for test_id, reach in reach_map.recording.tests.items() if "/unit/" not in test_id}
    return ReachMap(replace(reach_map.recording, tests=tests), reach_map.imports)


def test_a_unit_test_kills(runner: Runner, mutant: MakeMutant) -> None:
    (result,) = runner.run([mutant(FITS, STRICT)])
    assert (result.end, result.by) == (End.UNIT, f"{UNIT}::test_what_fits[2]")
    assert (len(result.unit), result.live) == (3, (BORDER, CLAIM))


def test_what_every_test_that_reaches_it_passes_has_survived(runner: Runner, mutant: MakeMutant) -> None:
    april = "return 30 if month in (5, 6, 9, 11) else 28 if month == 2 else 31"
    (result,) = runner.run([mutant(DAYS, april)])
    assert (result.end, result.by, result.ran) == (End.SURVIVED, "", 2)
    assert set(result.unit) == {f"{BILLING}::test_january", f"{BILLING}::test_february"}


def test_live_tests_run_shortest_first_until_one_fails(runner: Runner, reach_map: ReachMap, mutant: MakeMutant) -> None:
    runner.reach = without_unit_tests(reach_map)
    (result,) = runner.run([mutant(FITS, STRICT)])
    assert (result.end, result.by, result.ran) == (End.LIVE, CLAIM, 2)


@pytest.mark.parametrize(("seconds", "ran"), [(0.0, 0), (0.4, 0), (0.5, 1), (1.4, 1)])
def test_what_the_limit_leaves_is_undecided(
    runner: Runner, reach_map: ReachMap, mutant: MakeMutant, seconds: float, ran: int
) -> None:
    runner.reach, runner.live_seconds = without_unit_tests(reach_map), seconds
    (result,) = runner.run([mutant(FITS, STRICT)])
    assert (result.end, result.ran) == (End.UNDECIDED, ran)


def test_a_reason_is_believed_where_no_unit_test_fails(runner: Runner, mutant: MakeMutant) -> None:
    april = mutant(DAYS, "return 30 if month in (5, 6, 9, 11) else 28 if month == 2 else 31")
    february = mutant(DAYS, "return 30 if month in (4, 6, 9, 11) else 28 if month != 2 else 31")
    runner.reasons = {april.change: "It is a fake.", february.change: "It is wrong."}
    ends = {result.mutant: (result.end, result.says) for result in runner.run([april, february])}
    assert ends[april] == (End.EQUIVALENT, "It is a fake.")
    assert ends[february][0] is End.UNIT


def test_a_mutant_that_keeps_its_module_from_being_read_is_killed(runner: Runner, mutant: MakeMutant) -> None:
    broken = replace(mutant(FITS, STRICT), content=b"raise RuntimeError('loaded')\n")
    (result,) = runner.run([broken])
    assert (result.end, result.by.partition("::")[0]) == (End.UNIT, UNIT)


@dataclass(frozen=True)
class Told(Trial):
    """Says of each run what it was told to."""

    ends: Callable[[Sequence[str]], Failure | None] = lambda tests: None
    asked: list[Sequence[str]] = field(default_factory=list)

    def _run(self, mutant: Mutant, tests: Sequence[str]) -> Failure | None:
        self.asked.append(tests)
        return self.ends(tests)


def test_a_live_failure_counts_when_it_is_seen_twice(
    reference: Reference, reach_map: ReachMap, mutant: MakeMutant
) -> None:
    def once(tests: Sequence[str]) -> Failure | None:
        return Failure(CLAIM, "late") if len(tests) > 1 else None

    trial = Told(reference.files, Options(), once)
    (result,) = Runner(without_unit_tests(reach_map), trial).run([mutant(FITS, STRICT)])
    assert (result.end, result.says) == (End.UNDECIDED, f"{CLAIM} failed once and then passed")
    assert trial.asked == [(BORDER, CLAIM), [CLAIM]]


def test_a_run_that_is_not_believed_decides_nothing(
    reference: Reference, reach_map: ReachMap, mutant: MakeMutant
) -> None:
    def void(tests: Sequence[str]) -> Failure | None:
        raise Undecided("it contradicts itself")

    (result,) = Runner(reach_map, Told(reference.files, Options(), void)).run([mutant(FITS, STRICT)])
    assert (result.end, result.ran, result.says) == (End.UNDECIDED, 0, "it contradicts itself")


def test_an_interruption_stops_what_runs_and_keeps_what_is_known(
    reference: Reference, reach_map: ReachMap, mutant: MakeMutant
) -> None:
    stop = threading.Event()

    def interrupt(result: Result) -> None:
        raise KeyboardInterrupt

    trial = Told(reference.files, Options(stop=stop), lambda tests: Failure(tests[0], "no"))
    runner = Runner(reach_map, trial, stop=stop, on_result=interrupt)
    with pytest.raises(KeyboardInterrupt):
        runner.run([mutant(FITS, STRICT), mutant(DAYS, "return None")])
    assert stop.is_set()
    assert len(runner.results) == 1


def test_as_many_tests_as_the_limit_bears(reach_map: ReachMap) -> None:
    assert within(reach_map, [BORDER, CLAIM], 1.5) == (BORDER, CLAIM)
    assert within(reach_map, [CLAIM, BORDER], 1.2) == (CLAIM,)
    assert within(reach_map, [], 1.0) == ()
