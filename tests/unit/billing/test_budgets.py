"""When a budget tells."""

import pytest

from services.billing.domain.budgets import Budget, InvalidBudget
from shared.utils.money import CurrencyMismatch, Money


def usd(text: str) -> Money:
    return Money.of(text, "USD")


BUDGET = Budget(usd("100.00"), (100, 50, 80))


@pytest.mark.parametrize(
    ("spent", "told", "crossed"),
    [
        ("49.99", [], []),
        ("50.00", [], [50]),
        ("99.99", [], [50, 80]),
        ("99.99", [50], [80]),
        ("250", [], [50, 80, 100]),
        ("250", [50, 80, 100], []),
    ],
)
def test_a_threshold_is_reached_at_its_share_and_told_of_once(spent: str, told: list[int], crossed: list[int]) -> None:
    assert BUDGET.crossed(usd(spent), told) == crossed


def test_spending_in_another_currency_says_nothing() -> None:
    with pytest.raises(CurrencyMismatch):
        BUDGET.crossed(Money.of("100", "JPY"), [])


@pytest.mark.parametrize("amount", ["0", "-1", "0.005"])
def test_a_budget_is_more_than_nothing_in_whole_minor_units(amount: str) -> None:
    with pytest.raises(InvalidBudget):
        Budget(usd(amount), (100,))


@pytest.mark.parametrize("thresholds", [(), (0,), (1001,), (80, 80)])
def test_thresholds_are_percentages_each_once(thresholds: tuple[int, ...]) -> None:
    with pytest.raises(InvalidBudget):
        Budget(usd("1"), thresholds)
