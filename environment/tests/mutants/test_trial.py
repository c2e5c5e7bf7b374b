"""One run on a mutant: what counts as a failure, and what decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from environment.grading.errors import InfrastructureError
from environment.grading.results import Outcome, SuiteRun
from environment.grading.runner import Options
from environment.mutants import trial as trials
from environment.mutants.sample import Change, Mutant
from environment.mutants.trial import Failure, Trial, Undecided

FIRST, SECOND = "tests/unit/x/test_y.py::test_first", "tests/unit/x/test_y.py::test_second"
MUTANT = Mutant(Change("services/x/y.py::f", "a", "b"), "call", 1, b"")
FAILED, MISSING, PASSED = Outcome.FAILED, Outcome.MISSING, Outcome.PASSED


class Runs:
    """Stands for runs of the suite, one after the other as they were told."""

    def __init__(self, *runs: SuiteRun | Exception) -> None:
        self._runs = list(runs)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, files: Mapping[str, bytes], expected: Collection[str], options: Options) -> SuiteRun:
        assert options.workers == 1
        assert "--exitfirst" in options.arguments
        self.asked.append(options.first)
        run = self._runs.pop(0)
        if isinstance(run, Exception):
            raise run
        return run


def ask(monkeypatch: pytest.MonkeyPatch, runs: Runs, *, confirm: bool = False) -> Failure | None:
    monkeypatch.setattr(trials, "run_suite", runs)
    return Trial({}, Options()).first_failure(MUTANT, [FIRST, SECOND], confirm=confirm)


def test_the_test_that_failed_is_told_and_not_the_ones_that_did_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(SuiteRun({FIRST: MISSING, SECOND: FAILED}, {FIRST: "didn't run", SECOND: "assert 1 == 2\nmore"}))
    assert ask(monkeypatch, runs) == Failure(SECOND, "assert 1 == 2")
    assert runs.asked == [(FIRST, SECOND)]


def test_when_all_pass_there_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, Runs(SuiteRun({FIRST: PASSED, SECOND: PASSED}))) is None


def test_a_module_that_can_not_be_read_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {FIRST: "didn't run", SECOND: "ImportError: y"}
    runs = Runs(SuiteRun(dict.fromkeys((FIRST, SECOND), MISSING), messages))
    assert ask(monkeypatch, runs) == Failure(SECOND, "ImportError: y")


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (SuiteRun(dict.fromkeys((FIRST, SECOND), MISSING), dict.fromkeys((FIRST, SECOND), "didn't run")), "given up"),
        (SuiteRun({FIRST: FAILED}, void="a wrong line"), "a wrong line"),
        (InfrastructureError("no disk"), "no disk"),
    ],
)
def test_a_run_that_says_nothing_decides_nothing(
    monkeypatch: pytest.MonkeyPatch, run: SuiteRun | Exception, words: str
) -> None:
    with pytest.raises(Undecided, match=words):
        ask(monkeypatch, Runs(run))


def test_a_test_that_was_late_runs_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    late = SuiteRun({FIRST: FAILED, SECOND: PASSED}, {FIRST: "Failed: Timeout (>60.0s) from pytest-timeout."})
    with pytest.raises(Undecided, match="failed once and then passed"):
        ask(monkeypatch, Runs(late, SuiteRun({FIRST: PASSED})))
    runs = Runs(late, late)
    assert ask(monkeypatch, runs) == Failure(FIRST, "Failed: Timeout (>60.0s) from pytest-timeout.")
    assert runs.asked == [(FIRST, SECOND), (FIRST,)]


def test_confirmed_is_what_fails_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = SuiteRun({FIRST: FAILED, SECOND: PASSED}, {FIRST: "no"})
    assert ask(monkeypatch, Runs(failing, failing), confirm=True) == Failure(FIRST, "no")
    with pytest.raises(Undecided):
        ask(monkeypatch, Runs(failing, SuiteRun({FIRST: PASSED})), confirm=True)
