"""Proration to the second of the real period, as Stripe does: no month has a fixed number of days."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from services.billing.domain.periods import Period, months_of
from shared.utils.money import Money


def share(period: Period, start: datetime, end: datetime) -> Fraction:
    """The part of the period that `[start, end)` covers, exactly: 14/28 for the second half of a February."""
    return Fraction(period.overlap_microseconds(start, end), period.microseconds)


def months_used(start: datetime, end: datetime, anchor_day: int) -> Fraction:
    """How many monthly periods `[start, end)` is long, each part of one measured by the length of that very period."""
    return sum((share(month, start, end) for month in months_of(start, end, anchor_day)), Fraction(0))


def prorate(price: Money, period: Period, start: datetime, end: datetime) -> Money:
    """The price of a whole period for the part in use, rounded once, to the currency's minor unit."""
    return Money.nearest(Fraction(price.amount) * share(period, start, end), price.currency)
