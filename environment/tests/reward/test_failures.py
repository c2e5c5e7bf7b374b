"""Failures are told by cause."""

from __future__ import annotations

import io

from rich.console import Console

from environment.bugs.manifest import TestInfo
from environment.reward.failures import FailureCause, failure_causes
from environment.reward.report import print_score
from environment.reward.score import Score, baseline, score, to_document

IMPORT = "ImportError: cannot import name 'X' (/tmp/oc-{}/tree/shared/http.py)"
BLOCKED = "Failed: {} is not healthy: blocked: {} failed: exit status 1: {}"
FAILURES = {
    "tests/unit/auth/test_a.py::test_1": ("missing", f"didn't run: {IMPORT.format('3c')}"),
    "tests/system/auth/test_b.py::test_1": ("error", BLOCKED.format("auth", "topics", IMPORT.format("1a"))),
    "tests/system/auth/test_b.py::test_2": ("error", BLOCKED.format("dns", "migrate", IMPORT.format("2b"))),
    "tests/chaos/auth/test_c.py::test_1": ("failed", "AssertionError: assert 3 == 4"),
    "tests/chaos/auth/test_c.py::test_2[a]": ("failed", "assert 5 == 6\n  +  where 5 = len(x)"),
    "tests/chaos/auth/test_d.py::test_1": ("failed", "assert 5 == 6"),
    "tests/chaos/auth/test_e.py::test_1": ("failed", "ApiError: GET /v1/x answered 503 in 0.2 s"),
    "tests/chaos/auth/test_f.py::test_1": ("error", "ApiError: GET /v1/x answered 500 in 1.25 s"),
    "tests/chaos/auth/test_g.py::test_1": ("timeout", ""),
}  # fmt: skip


def graded(failures: dict[str, tuple[str, str]]) -> Score:
    tests = {test_id: TestInfo(test_id.split("/")[1], ("auth",)) for test_id in FAILURES}
    return score(tests, failures, baseline(tests, set()))


def test_equal_errors_are_one_cause_whoever_passes_them_on() -> None:
    first = failure_causes(FAILURES)[0]
    assert first == FailureCause(IMPORT.format("1a"), 3, "tests/system/auth/test_b.py::test_1")


def test_numbers_make_no_difference_but_comparisons_without_words_stay_in_their_file() -> None:
    assert [(cause.count, cause.example.rpartition("/")[2]) for cause in failure_causes(FAILURES)] == [
        (3, "test_b.py::test_1"),
        (2, "test_e.py::test_1"),
        (1, "test_c.py::test_1"),
        (1, "test_c.py::test_2[a]"),
        (1, "test_d.py::test_1"),
        (1, "test_g.py::test_1"),
    ]
    assert failure_causes(FAILURES)[-1].message == "timeout"


def test_every_failure_belongs_to_one_cause_of_the_document() -> None:
    document = to_document(graded(FAILURES))
    assert sum(cause["count"] for cause in document["causes"]) == len(document["failures"]) == len(FAILURES)
    assert all(cause["example"] in document["failures"] for cause in document["causes"])
    assert to_document(graded({}))["causes"] == []


def shown(failures: dict[str, tuple[str, str]], width: int) -> list[str]:
    file = io.StringIO()
    print_score(graded(failures), Console(file=file, width=width, highlight=False), spoil=False)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_the_report_names_each_cause_once_with_a_test_that_can_be_copied() -> None:
    lines = shown(FAILURES, 60)
    start = lines.index("9 tests fail with 6 different errors:")
    assert lines[start + 1 : start + 6] == [
        "  3 ImportError: cannot import name 'X'",
        "    (/tmp/oc-1a/tree/shared/http.py)",
        "    e.g. tests/system/auth/test_b.py::test_1",
        "  2 ApiError: GET /v1/x answered 503 in 0.2 s",
        "    e.g. tests/chaos/auth/test_e.py::test_1",
    ]
    assert "    tests/chaos/auth/test_c.py::test_2[a]" in lines


def test_an_id_longer_than_the_terminal_stays_in_one_line() -> None:
    long = f"tests/system/auth/test_b.py::test_{'x' * 100}"
    tests = {long: TestInfo("system", ("auth",))}
    file = io.StringIO()
    result = score(tests, {long: ("failed", "no")}, baseline(tests, set()))
    print_score(result, Console(file=file, width=60), spoil=False)
    assert long in file.getvalue()


def test_many_causes_are_cut_short() -> None:
    many = {f"tests/chaos/auth/test_{n}.py::test_1": ("failed", f"{'x' * (n + 1)}") for n in range(20)}
    tests = {test_id: TestInfo("chaos", ("auth",)) for test_id in many}
    file = io.StringIO()
    print_score(score(tests, many, baseline(tests, set())), Console(file=file, width=100), spoil=False)
    assert "… and 8 more tests with 8 other errors; `--json FILE` writes all of them" in file.getvalue()
