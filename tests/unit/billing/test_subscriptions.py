"""Plan fees for the time that a plan was held."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from services.billing.domain.subscriptions import InvalidSubscription, Subscription, fee_line
from shared.utils.money import Money


def day(year: int, month: int, date: int) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)


def held(start: datetime, end: datetime | None = None, fee: str = "10.00", currency: str = "USD") -> Subscription:
    return Subscription("sub-1", "team", Money.of(fee, currency), start, end, start)


@pytest.mark.parametrize(
    ("start", "until", "months", "amount"),
    [
        (day(2026, 2, 15), day(2026, 3, 1), Fraction(14, 28), "5.00"),
        (day(2026, 1, 15), day(2026, 2, 1), Fraction(17, 31), "5.48"),
        (day(2026, 1, 1), day(2026, 2, 1), Fraction(1), "10.00"),
        (day(2025, 11, 1), day(2026, 2, 1), Fraction(3), "30.00"),
    ],
)
def test_a_fee_is_prorated_by_the_real_month(start: datetime, until: datetime, months: Fraction, amount: str) -> None:
    """Stripe's published examples first."""
    line = fee_line(held(start), until, anchor_day=1)
    assert line is not None
    assert (line.meter, line.months, line.amount) == ("plan.team", months, Money.of(amount, "USD"))
    assert (line.started_at, line.ended_at) == (start, until)


def test_a_change_within_a_month_bills_each_plan_for_its_part() -> None:
    """From 10.00 to 20.00 in the middle of April: 5.00 and 10.00."""
    middle, end = day(2026, 4, 16), day(2026, 5, 1)
    old, new = fee_line(held(day(2026, 4, 1), middle), end, 1), fee_line(held(middle, fee="20.00"), end, 1)
    assert old is not None
    assert new is not None
    assert [old.amount, new.amount] == [Money.of("5.00", "USD"), Money.of("10.00", "USD")]


def test_what_is_billed_is_not_billed_again() -> None:
    held_on = replace(held(day(2026, 1, 15)), billed_until=day(2026, 2, 1))
    line = fee_line(held_on, day(2026, 3, 1), 1)
    assert line is not None
    assert (line.amount, line.months) == (Money.of("10.00", "USD"), 1)
    assert fee_line(held_on, day(2026, 2, 1), 1) is None


def test_a_plan_that_begins_later_or_ended_earlier_costs_nothing() -> None:
    assert fee_line(held(day(2026, 3, 1)), day(2026, 3, 1), 1) is None
    ended = replace(held(day(2026, 1, 1), day(2026, 2, 1)), billed_until=day(2026, 2, 1))
    assert fee_line(ended, day(2026, 3, 1), 1) is None


def test_a_fee_has_its_currencys_digits() -> None:
    line = fee_line(held(day(2026, 1, 15), fee="1000", currency="JPY"), day(2026, 2, 1), 1)
    assert line is not None
    assert line.amount == Money.of("548", "JPY")


def test_times_that_do_not_fit_are_refused() -> None:
    start = day(2026, 1, 1)
    for end in (start, start - timedelta(days=1)):
        with pytest.raises(InvalidSubscription):
            held(start, end)
    with pytest.raises(InvalidSubscription, match="billed until"):
        replace(held(start), billed_until=day(2026, 2, 1), ended_at=day(2026, 1, 31))
    with pytest.raises(InvalidSubscription, match="2000"):
        held(day(1999, 12, 31))


@pytest.mark.parametrize("fee", ["-1", "0.005"])
def test_a_fee_is_not_negative_and_in_whole_minor_units(fee: str) -> None:
    with pytest.raises(InvalidSubscription):
        held(day(2026, 1, 1), fee=fee)
