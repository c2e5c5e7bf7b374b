"""Invoices: one rounding a line, lines that add up to the subtotal, then credits, then tax; never below zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.billing.domain.rating import Price, cost
from shared.errors import ValidationFailed
from shared.utils.money import Money


class NoPrice(ValidationFailed):
    """A meter was used for which there is no price: refused, because nothing may be given away by accident."""

    code = "no_price"


@dataclass(frozen=True)
class Line:
    """What one meter's usage costs, rounded to the currency's minor unit."""

    meter: str
    quantity: Decimal
    amount: Money


@dataclass(frozen=True)
class Totals:
    """An invoice's sums: `total = subtotal − credits + tax`."""

    lines: tuple[Line, ...]
    subtotal: Money
    credits: Money
    tax: Money
    total: Money


def make_line(price: Price, quantity: Decimal) -> Line:
    """The line of one meter: rated exactly, rounded once."""
    return Line(price.meter, quantity, cost(price, quantity).rounded())


def total_up(lines: Sequence[Line], available_credit: Money, tax_rate: Decimal, currency: str) -> Totals:
    """Sums in the fixed order: subtotal, credit (at most the subtotal), tax on what is left, total.

    The total can't be negative, and every sum is exactly that of its parts.
    """
    subtotal = Money.total((line.amount for line in lines), currency)
    credits = min(available_credit, subtotal)
    taxable = subtotal - credits
    tax = (taxable * tax_rate).rounded()
    return Totals(tuple(lines), subtotal, credits, tax, taxable + tax)
