"""Scores survive zero controls and never round up to perfect."""

from decimal import Decimal

import pytest

from services.compliance.domain.scores import Score, by_policy, score, score_of


def test_no_controls_have_no_percentage() -> None:
    assert score(0, 0) == Score(0, 0, None)
    assert score_of([]) == Score(0, 0, None)


@pytest.mark.parametrize(
    ("passed", "controls", "percent"),
    [(0, 3, "0.00"), (1, 3, "33.33"), (2, 3, "66.66"), (3, 3, "100.00"), (99_999, 100_000, "99.99")],
)
def test_percentages_are_exact_and_rounded_down(passed: int, controls: int, percent: str) -> None:
    assert score(passed, controls) == Score(controls, passed, Decimal(percent))


def test_outcomes_are_counted() -> None:
    assert score_of([True, False, True, True]) == Score(4, 3, Decimal("75.00"))


def test_each_policy_has_its_score() -> None:
    found = by_policy(["a", "a", "default-deny"], ["a", "b"], 4)
    assert found == {"a": Score(4, 2, Decimal("50.00")), "b": Score(4, 4, Decimal("100.00"))}


def test_policies_without_resources_have_no_percentage() -> None:
    assert by_policy([], ["a"], 0) == {"a": Score(0, 0, None)}
