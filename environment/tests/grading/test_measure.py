"""Measurements are kept, and only what they don't cover runs again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from environment.grading.measure import Measurements
from environment.grading.results import Outcome

CODE = {"pyproject.toml": b'[tool.pytest.ini_options]\npythonpath = ["."]\n', "services/rule.py": b"LIMIT = 3\n"}
FIRST = {
    "tests/unit/x/test_first.py": b"from services.rule import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == 3\n"
}
SECOND = {"tests/unit/x/test_second.py": b"def test_false():\n    assert False\n"}
LIMIT, FALSE = "tests/unit/x/test_first.py::test_limit", "tests/unit/x/test_second.py::test_false"


def measure(folder: Path, files: Mapping[str, bytes], expected: list[str] | None = None) -> tuple[dict, list[str]]:
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
    assert measure(tmp_path, CODE | FIRST | SECOND) == (both, [FALSE])
    assert measure(tmp_path, CODE | FIRST | SECOND, [LIMIT, FALSE]) == (both, [])


def test_a_changed_test_runs_again_and_a_removed_one_is_forgotten(tmp_path: Path) -> None:
    measure(tmp_path, CODE | FIRST | SECOND)
    repaired = {path: content.replace(b"False", b"True") for path, content in SECOND.items()}
    assert measure(tmp_path, CODE | repaired) == ({FALSE: Outcome.PASSED}, [FALSE])


def test_other_code_is_measured_anew(tmp_path: Path) -> None:
    measure(tmp_path, CODE | FIRST)
    assert measure(tmp_path, CODE | {"services/rule.py": b"LIMIT = 4\n"} | FIRST) == ({LIMIT: Outcome.FAILED}, [LIMIT])
