"""Parts of a period, and what they cost."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from services.billing.domain.periods import Period
from services.billing.domain.proration import prorate, share
from shared.utils.money import Money


def usd(text: str) -> Money:
    return Money.of(text, "USD")


def day(month: int, date: int) -> datetime:
    return datetime(2026, month, date, tzinfo=UTC)


FEBRUARY = Period(day(2, 1), day(3, 1))
JANUARY = Period(day(1, 1), day(2, 1))


@pytest.mark.parametrize(
    ("period", "start", "part"), [(FEBRUARY, day(2, 15), Fraction(14, 28)), (JANUARY, day(1, 15), Fraction(17, 31))]
)
def test_proration_counts_the_real_days(period: Period, start: datetime, part: Fraction) -> None:
    """Stripe's published examples."""
    assert share(period, start, period.end) == part


def test_prorated_price_is_rounded_once() -> None:
    assert prorate(usd("10.00"), JANUARY, day(1, 15), JANUARY.end) == usd("5.48")
    assert prorate(usd("10.00"), FEBRUARY, day(2, 15), FEBRUARY.end) == usd("5.00")


def test_use_outside_the_period_costs_nothing() -> None:
    assert prorate(usd("10.00"), JANUARY, day(2, 1), day(2, 10)) == usd("0.00")
