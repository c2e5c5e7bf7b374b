"""What a quantity costs: flat, graduated or volume pricing (Stripe's terms)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from shared.errors import ValidationFailed
from shared.utils.decimals import EXACT
from shared.utils.money import Money, exponent

Model = Literal["flat", "graduated", "volume"]
MAX_METER_LENGTH = 200


class InvalidPrice(ValidationFailed):
    """Tiers that leave a gap, go backwards, or have no open end."""

    code = "invalid_price"


@dataclass(frozen=True)
class Tier:
    """Units up to and including `up_to` (None: without end), at `unit_amount` each."""

    up_to: Decimal | None
    unit_amount: Decimal


@dataclass(frozen=True)
class Price:
    """The price of one meter's unit."""

    meter: str
    currency: str
    model: Model
    tiers: tuple[Tier, ...]

    def __post_init__(self) -> None:
        exponent(self.currency)
        if not self.tiers or self.tiers[-1].up_to is not None:
            raise InvalidPrice("the last tier has no upper end")
        borders = [tier.up_to for tier in self.tiers[:-1]]
        if any(border is None or border <= 0 for border in borders):
            raise InvalidPrice("only the last tier is open, and borders are positive")
        if any(later <= earlier for earlier, later in pairwise(border for border in borders if border is not None)):
            raise InvalidPrice("tier borders rise")
        if any(tier.unit_amount < 0 for tier in self.tiers):
            raise InvalidPrice("a unit amount is not negative")
        if self.model == "flat" and len(self.tiers) != 1:
            raise InvalidPrice("a flat price has one tier")


def flat(meter: str, currency: str, unit_amount: Decimal) -> Price:
    """A price that is the same for every unit."""
    return Price(meter, currency, "flat", (Tier(None, unit_amount),))


def cost(price: Price, quantity: Decimal) -> Money:
    """The exact cost of a quantity, all digits of it. Rounding happens once, on the invoice line.

    Graduated: each tier's units at that tier's amount. Volume: all units at the amount of the tier that the whole
    quantity falls into. A border belongs to the lower tier. Raises InvalidPrice for a negative quantity.
    """
    if quantity < 0:
        raise InvalidPrice("a quantity is not negative")
    if price.model == "graduated":
        return _graduated(price, quantity)
    return Money(_tier_of(price.tiers, quantity).unit_amount, price.currency) * quantity


def _graduated(price: Price, quantity: Decimal) -> Money:
    total, below = Money.zero(price.currency), Decimal(0)
    for tier in price.tiers:
        upper = quantity if tier.up_to is None else min(quantity, tier.up_to)
        units = max(Decimal(0), EXACT.subtract(upper, below))
        total += Money(tier.unit_amount, price.currency) * units
        if tier.up_to is None or quantity <= tier.up_to:
            break
        below = tier.up_to
    return total


def _tier_of(tiers: Sequence[Tier], quantity: Decimal) -> Tier:
    return next(tier for tier in tiers if tier.up_to is None or quantity <= tier.up_to)
