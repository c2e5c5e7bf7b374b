"""Invoices: one rounding a line; lines that add up to the subtotal; then discounts, then credit, then tax.

The order is fixed, and every step is in whole minor units of the currency:

    subtotal    the sum of the lines, each rounded once
    discounts   one after the other, each from what the ones before it left, at most all of it
    credits     what the account has, at most what is left
    tax         of what is left, rounded once
    total       subtotal − discounts − credits + tax, never below zero
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from services.billing.domain.discounts import Discount, Reduction, reduce
from services.billing.domain.rating import Price, cost
from shared.errors import ValidationFailed
from shared.utils.money import Money


class NoPrice(ValidationFailed):
    """A meter was used for which there is no price: refused, because nothing may be given away by accident."""

    code = "no_price"


@dataclass(frozen=True)
class Line:
    """What one meter's usage costs, or a plan for a time, rounded to the currency's minor unit.

    Usage has a quantity. A plan's fee has its subscription, the time `[started_at, ended_at)`, and how many months
    that is, exactly.
    """

    meter: str
    quantity: Decimal | None
    amount: Money
    subscription_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    months: Fraction | None = None


@dataclass(frozen=True)
class Totals:
    """An invoice's sums: `total = subtotal − discounts − credits + tax`."""

    lines: tuple[Line, ...]
    subtotal: Money
    reductions: tuple[Reduction, ...]
    discounts: Money
    credits: Money
    tax: Money
    total: Money


def make_line(price: Price, quantity: Decimal) -> Line:
    """The line of one meter: rated exactly, rounded once."""
    return Line(price.meter, quantity, cost(price, quantity).rounded())


def total_up(
    lines: Sequence[Line],
    available_credit: Money,
    tax_rate: Decimal,
    currency: str,
    discounts: Sequence[Discount] = (),
) -> Totals:
    """Sums in the fixed order: subtotal, discounts, credit (at most what is left), tax on what is left, total.

    The total can't be negative, and every sum is exactly that of its parts. Raises CurrencyMismatch.
    """
    subtotal = Money.total((line.amount for line in lines), currency)
    reductions = reduce(subtotal, discounts)
    discounted = Money.total((reduction.amount for reduction in reductions), currency)
    credits = min(available_credit.rounded_down(), subtotal - discounted)
    taxable = subtotal - discounted - credits
    tax = (taxable * tax_rate).rounded()
    return Totals(tuple(lines), subtotal, reductions, discounted, credits, tax, taxable + tax)
