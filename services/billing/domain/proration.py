"""Proration to the second of the real period, as Stripe does: no month has a fixed number of days."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from services.billing.domain.periods import Period
from shared.utils.money import Money


def share(period: Period, start: datetime, end: datetime) -> Fraction:
    """The part of the period that `[start, end)` covers, exactly: 14/28 for the second half of a February."""
    return Fraction(period.overlap_seconds(start, end), period.seconds)


def prorate(price: Money, period: Period, start: datetime, end: datetime) -> Money:
    """The price of a whole period for the part in use, rounded once, to the currency's minor unit."""
    part = share(period, start, end)
    return (Money((price.amount * part.numerator) / part.denominator, price.currency)).rounded()
