"""Measurements are kept, and only what they don't cover runs again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from environment.grading import measure as module
from environment.grading.errors import InfrastructureError
from environment.grading.measure import Measurements, run_confirmed
from environment.grading.process import Channel
from environment.grading.results import Outcome, SuiteRun
from environment.grading.runner import Options

CODE = {"pyproject.toml": b'[tool.pytest.ini_options]\npythonpath = ["."]\n', "services/rule.py": b"LIMIT = 3\n"}
FIRST = {
    "tests/unit/x/test_first.py": b"from services.rule import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == 3\n"
}
SECOND = {"tests/unit/x/test_second.py": b"def test_false():\n    assert False\n"}
LIMIT, FALSE = "tests/unit/x/test_first.py::test_limit", "tests/unit/x/test_second.py::test_false"


def measure(
    folder: Path, files: Mapping[str, bytes], expected: list[str] | None = None
) -> tuple[dict[str, Outcome], list[str]]:
    """The outcomes, and the tests that ran for them."""
    ran: list[str] = []
    run = Measurements(folder).measure(files, expected, on_decided=lambda test_id, _: ran.append(test_id))
    return dict(run.outcomes), ran


def test_what_is_known_does_not_run_again(tmp_path: Path) -> None:
    assert measure(tmp_path, CODE | FIRST) == ({LIMIT: Outcome.PASSED}, [LIMIT])
    assert measure(tmp_path, CODE | FIRST) == ({LIMIT: Outcome.PASSED}, [])


def test_of_added_tests_only_those_run(tmp_path: Path) -> None:
    measure(tmp_path, CODE | FIRST)
    both = {LIMIT: Outcome.PASSED, FALSE: Outcome.FAILED}
    assert measure(tmp_path, CODE | FIRST | SECOND) == (both, [FALSE, FALSE])
    assert measure(tmp_path, CODE | FIRST | SECOND, [LIMIT, FALSE]) == (both, [])


def test_a_changed_test_runs_again_and_a_removed_one_is_forgotten(tmp_path: Path) -> None:
    measure(tmp_path, CODE | FIRST | SECOND)
    repaired = {path: content.replace(b"False", b"True") for path, content in SECOND.items()}
    assert measure(tmp_path, CODE | repaired) == ({FALSE: Outcome.PASSED}, [FALSE])


def test_other_code_is_measured_anew(tmp_path: Path) -> None:
    measure(tmp_path, CODE | FIRST)
    assert measure(tmp_path, CODE | {"services/rule.py": b"LIMIT = 4\n"} | FIRST) == (
        {LIMIT: Outcome.FAILED},
        [LIMIT, LIMIT],
    )


DYING = {
    "tests/unit/x/conftest.py": b"""import os, signal
from pathlib import Path

mark = Path(os.environ["MARK"])
deaths = int(mark.read_text())
mark.write_text(str(deaths - 1))
if deaths > 0:
    os.kill(os.getpid(), signal.SIGKILL)
""",
    **FIRST,
}


def dying(folder: Path, deaths: int) -> Measurements:
    """Measurements in which the process of `DYING` is killed so many times."""
    mark = folder / "mark"
    mark.write_text(str(deaths))
    return Measurements(folder / "measurements", Options(twins=False, environment={"MARK": str(mark)}))


def test_a_process_that_the_host_killed_takes_no_test_from_the_baseline(tmp_path: Path) -> None:
    run = dying(tmp_path, 1).measure(CODE | DYING, [LIMIT])
    assert run.passed == {LIMIT}


def test_what_never_came_to_run_is_not_kept(tmp_path: Path) -> None:
    # Given a measurement whose process was killed each time
    assert dying(tmp_path, 9).measure(CODE | DYING, [LIMIT]).passed == frozenset()
    # When the tree is measured later, Then what was left out runs
    assert dying(tmp_path, 0).measure(CODE | DYING, [LIMIT]).passed == {LIMIT}


def test_a_measurement_that_contradicts_itself_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Channel, "receive", lambda channel, line: channel.overflow())
        with pytest.raises(InfrastructureError, match="can't be measured"):
            measure(tmp_path, CODE | FIRST)
    assert measure(tmp_path, CODE | FIRST) == ({LIMIT: Outcome.PASSED}, [LIMIT])


A, B, C = (f"tests/unit/x/test_a.py::test_{letter}" for letter in "abc")
GOOD, BAD, NOT_RUN = Outcome.PASSED, Outcome.FAILED, Outcome.MISSING


Runs = tuple[list[dict[str, Outcome]], list[list[str]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """What the runs to come give, and which tests each was asked for."""
    given: list[dict[str, Outcome]] = []
    asked: list[list[str]] = []

    def run_suite(files: object, expected: Collection[str], options: object, on_decided: object) -> SuiteRun:
        asked.append(sorted(expected))
        return SuiteRun(given.pop(0))

    monkeypatch.setattr(module, "run_suite", run_suite)
    return given, asked


def test_what_a_limit_kept_from_running_gets_two_runs_of_its_own_and_is_not_called_unstable(
    runs: Runs,
) -> None:
    given, asked = runs
    given += [
        {A: BAD, B: NOT_RUN, C: NOT_RUN},
        {A: BAD, B: GOOD, C: NOT_RUN},
        {C: BAD},
        {C: BAD},
    ]
    run = run_confirmed(CODE, [A, B, C], Options())
    assert (dict(run.outcomes), run.unstable) == ({A: BAD, B: GOOD, C: BAD}, frozenset())
    assert asked == [[A, B, C], [A, B, C], [C], [C]]


def test_a_test_that_failed_late_and_then_passes_is_unstable(runs: Runs) -> None:
    given, _ = runs
    given += [{A: NOT_RUN}, {A: BAD}, {A: GOOD}]
    run = run_confirmed(CODE, [A], Options())
    assert (dict(run.outcomes), run.unstable) == ({A: GOOD}, {A})


def test_what_can_never_run_is_tried_until_nothing_else_runs(runs: Runs) -> None:
    given, asked = runs
    given += [{A: NOT_RUN, B: BAD, C: GOOD}, {A: NOT_RUN, B: BAD}, {A: NOT_RUN}]
    run = run_confirmed(CODE, [A, B, C], Options())
    assert (dict(run.outcomes), run.unstable) == ({A: NOT_RUN, B: BAD, C: GOOD}, frozenset())
    assert asked == [[A, B, C], [A, B], [A]]
