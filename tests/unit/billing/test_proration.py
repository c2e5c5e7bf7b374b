"""Parts of a period, and what they cost."""

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from services.billing.domain.periods import Period
from services.billing.domain.proration import months_used, prorate, share
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


def test_the_denominator_is_the_whole_period_and_not_the_part_held() -> None:
    """Lago #6194: a quarter, held from 20 May."""
    quarter = Period(day(4, 1), day(7, 1))
    assert share(quarter, day(5, 20), quarter.end) == Fraction(42, 91)


def test_half_a_second_counts_as_half_a_second() -> None:
    second = Period(day(2, 1), day(2, 1) + timedelta(seconds=1))
    assert share(second, day(2, 1), day(2, 1) + timedelta(milliseconds=500)) == Fraction(1, 2)


@pytest.mark.parametrize(
    ("start", "end", "anchor", "months"),
    [
        (day(2, 15), day(3, 1), 1, Fraction(14, 28)),
        (day(1, 15), day(2, 1), 1, Fraction(17, 31)),
        (day(1, 15), day(3, 15), 1, Fraction(17, 31) + 1 + Fraction(14, 31)),
        (day(1, 31), day(2, 28), 31, Fraction(1)),
        (day(1, 31), day(2, 14), 31, Fraction(14, 28)),
        (day(2, 1), day(2, 1), 1, Fraction(0)),
    ],
)
def test_each_part_of_a_month_is_measured_by_that_month(
    start: datetime, end: datetime, anchor: int, months: Fraction
) -> None:
    assert months_used(start, end, anchor) == months


def test_parts_that_follow_each_other_are_the_whole() -> None:
    rng = random.Random(7)
    for _ in range(300):
        first, second, third = sorted(JANUARY.start + timedelta(seconds=rng.randrange(400 * 86400)) for _ in range(3))
        anchor = rng.randrange(1, 32)
        parts = months_used(first, second, anchor) + months_used(second, third, anchor)
        assert parts == months_used(first, third, anchor)
