"""What runs of tests add up to."""

from __future__ import annotations

from environment.grading.results import Outcome, SuiteRun, confirmed

A, B, C = "tests/unit/x/test_a.py::test_a", "tests/unit/x/test_a.py::test_b", "tests/unit/x/test_a.py::test_c"


def test_what_passes_when_it_is_run_again_is_unstable_and_counts_as_passed() -> None:
    first = SuiteRun({A: Outcome.PASSED, B: Outcome.FAILED, C: Outcome.TIMEOUT})
    run = confirmed(first, SuiteRun({B: Outcome.FAILED, C: Outcome.PASSED}))
    assert (run.passed, run.failed, run.unstable) == ({A, C}, {B}, {C})


def test_a_second_run_that_is_void_confirms_nothing_and_voids_the_whole() -> None:
    run = confirmed(SuiteRun({A: Outcome.FAILED}), SuiteRun({A: Outcome.PASSED}, void="a twin passed"))
    assert (run.passed, run.failed, run.void) == (set(), {A}, "a twin passed")
