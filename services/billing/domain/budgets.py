"""Budgets: what an account means to spend in a billing period, and the shares of it at which somebody is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from services.billing.domain.discounts import PERCENT
from shared.errors import Conflict, ValidationFailed
from shared.utils.money import Money

MAX_BUDGETS = 100
"""An account's budgets are looked at together, so there is an end to them."""
MAX_THRESHOLD = 1000


class InvalidBudget(ValidationFailed):
    """A budget of nothing, in a foreign currency, or with thresholds that are no percentages."""

    code = "invalid_budget"


class BudgetLimitReached(Conflict):
    """The account has as many budgets as it may."""

    code = "budget_limit_reached"


@dataclass(frozen=True)
class Budget:
    """An amount a billing period, and the percentages of it that raise an alert (AWS Budgets' ACTUAL thresholds)."""

    amount: Money
    thresholds: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.amount.amount <= 0 or not self.amount.is_whole():
            raise InvalidBudget("a budget is more than nothing, in whole minor units of its currency")
        if not self.thresholds or len(set(self.thresholds)) != len(self.thresholds):
            raise InvalidBudget("a budget has at least one threshold, and each once")
        if not all(1 <= threshold <= MAX_THRESHOLD for threshold in self.thresholds):
            raise InvalidBudget(f"a threshold is a percentage of the budget, 1 to {MAX_THRESHOLD}")

    def crossed(self, spent: Money, told: Collection[int]) -> list[int]:
        """The thresholds that the spending has reached and nobody was told of in this period, lowest first.

        Raises CurrencyMismatch for spending in another currency.
        """
        return [
            threshold
            for threshold in sorted(self.thresholds)
            if threshold not in told and spent >= self.amount * Decimal(threshold) * PERCENT
        ]
