"""Discounts: a percentage or an amount off an invoice, once, for some months, or for good (Stripe's coupons)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shared.errors import ValidationFailed
from shared.utils.money import Money

Duration = Literal["once", "repeating", "forever"]
PERCENT = Decimal("0.01")


class InvalidDiscount(ValidationFailed):
    """A discount of nothing, of more than everything, of two kinds at once, or of an unclear duration."""

    code = "invalid_discount"


@dataclass(frozen=True)
class Discount:
    """Either a percentage of what is left of the subtotal, or an amount."""

    id: str
    name: str
    percent_off: Decimal | None = None
    amount_off: Money | None = None

    def __post_init__(self) -> None:
        if (self.percent_off is None) == (self.amount_off is None):
            raise InvalidDiscount("a discount takes either a percentage or an amount off")
        if self.percent_off is not None and not 0 < self.percent_off <= 100:
            raise InvalidDiscount("a percentage off is more than 0 and at most 100")
        if self.amount_off is not None and (self.amount_off.amount <= 0 or not self.amount_off.is_whole()):
            raise InvalidDiscount("an amount off is more than nothing, in whole minor units of its currency")

    def off(self, left: Money) -> Money:
        """What it takes off an amount: rounded once, never more than there is."""
        if self.percent_off is not None:
            return (left * self.percent_off * PERCENT).rounded()
        assert self.amount_off is not None
        return min(self.amount_off, left)


@dataclass(frozen=True)
class Reduction:
    """What a discount took off an invoice."""

    discount: Discount
    amount: Money


def invoices_left(duration: Duration, months: int | None) -> int | None:
    """On how many invoices a discount goes; None: on all. A month has one invoice. Raises InvalidDiscount."""
    if (duration == "repeating") != (months is not None):
        raise InvalidDiscount("a repeating discount, and no other, says for how many months")
    return 1 if duration == "once" else months


def reduce(subtotal: Money, discounts: Sequence[Discount]) -> tuple[Reduction, ...]:
    """What each of the discounts takes off, in their order: a later one counts from what the earlier ones left."""
    left, reductions = subtotal, []
    for discount in discounts:
        amount = discount.off(left)
        left -= amount
        reductions.append(Reduction(discount, amount))
    return tuple(reductions)
