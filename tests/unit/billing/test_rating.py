"""What quantities cost."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from services.billing.domain.invoices import make_line, total_up
from services.billing.domain.periods import Period
from services.billing.domain.proration import prorate, share
from services.billing.domain.rating import InvalidPrice, Price, Tier, cost, flat
from shared.utils.money import Money


def usd(text):
    return Money.of(text, "USD")


def day(month, date):
    return datetime(2026, month, date, tzinfo=UTC)


FEBRUARY = Period(day(2, 1), day(3, 1))
JANUARY = Period(day(1, 1), day(2, 1))
TIERS = (Tier(Decimal(100), Decimal("0.10")), Tier(Decimal(200), Decimal("0.08")), Tier(None, Decimal("0.05")))
GRADUATED = Price("m", "USD", "graduated", TIERS)
VOLUME = Price("m", "USD", "volume", TIERS)


@pytest.mark.parametrize(
    ("period", "start", "part"), [(FEBRUARY, day(2, 15), Fraction(14, 28)), (JANUARY, day(1, 15), Fraction(17, 31))]
)
def test_proration_counts_the_real_days(period, start, part):
    """Stripe's published examples."""
    assert share(period, start, period.end) == part


def test_prorated_price_is_rounded_once():
    assert prorate(usd("10.00"), JANUARY, day(1, 15), JANUARY.end) == usd("5.48")
    assert prorate(usd("10.00"), FEBRUARY, day(2, 15), FEBRUARY.end) == usd("5.00")


def test_use_outside_the_period_costs_nothing():
    assert prorate(usd("10.00"), JANUARY, day(2, 1), day(2, 10)) == usd("0.00")


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("100", "10.00"), ("101", "10.08"), ("200", "18.00"), ("201", "18.05"), ("0.5", "0.05")],
)
def test_graduated_tiers_price_each_part(quantity, amount):
    assert cost(GRADUATED, Decimal(quantity)) == usd(amount)


@pytest.mark.parametrize(
    ("quantity", "amount"), [("100", "10.00"), ("101", "8.08"), ("200", "16.00"), ("201", "10.05")]
)
def test_volume_prices_all_units_by_the_tier_reached(quantity, amount):
    assert cost(VOLUME, Decimal(quantity)) == usd(amount)


def test_tiny_unit_amounts_stay_exact_until_the_line():
    price = flat("compute.vcpu_seconds", "USD", Decimal("0.0000125"))
    assert cost(price, Decimal(3_600_000)) == usd("45")
    assert make_line(price, Decimal(1_000_003)).amount == usd("12.50")


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (Tier(Decimal(10), Decimal(1)),),
        (Tier(None, Decimal(1)), Tier(None, Decimal(1))),
        (Tier(Decimal(10), Decimal(1)), Tier(Decimal(10), Decimal(1)), Tier(None, Decimal(1))),
        (Tier(None, Decimal(-1)),),
    ],
)
def test_prices_that_make_no_sense(tiers):
    with pytest.raises(InvalidPrice):
        Price("m", "USD", "graduated", tiers)


def test_a_negative_quantity_has_no_cost():
    with pytest.raises(InvalidPrice):
        cost(GRADUATED, Decimal(-1))


def test_lines_add_up_to_the_subtotal():
    price = flat("m", "USD", Decimal("0.335"))
    lines = [make_line(price, Decimal(1)) for _ in range(3)]
    totals = total_up(lines, usd("0"), Decimal("0"), "USD")
    assert [line.amount for line in lines] == [usd("0.34")] * 3
    assert totals.subtotal == usd("1.02") == totals.total


def test_credit_comes_before_tax():
    line = make_line(flat("m", "USD", Decimal(100)), Decimal(1))
    totals = total_up([line], usd("40"), Decimal("0.19"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd("40"), usd("11.40"), usd("71.40"))


def test_credit_never_drives_the_total_below_zero():
    line = make_line(flat("m", "USD", Decimal(10)), Decimal(1))
    totals = total_up([line], usd("25"), Decimal("0.19"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd("10"), usd("0.00"), usd("0.00"))


def test_yen_have_no_minor_unit():
    line = make_line(flat("m", "JPY", Decimal("0.4")), Decimal(4))
    assert line.amount == Money.of("2", "JPY")
