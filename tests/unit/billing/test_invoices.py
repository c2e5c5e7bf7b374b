"""Lines, discounts, credit and tax."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest

from services.billing.domain.discounts import Discount
from services.billing.domain.invoices import Totals, make_line, total_up
from services.billing.domain.rating import Model, Price, Tier, flat
from shared.utils.money import Money, exponent

CURRENCIES = ("JPY", "USD", "BHD", "CLF")
"""With 0, 2, 3 and 4 digits."""
RANDOM_INVOICES = 25_000
"""Of each currency: 100,000 together."""


def usd(text: str) -> Money:
    return Money.of(text, "USD")


def test_lines_add_up_to_the_subtotal() -> None:
    price = flat("m", "USD", Decimal("0.335"))
    lines = [make_line(price, Decimal(1)) for _ in range(3)]
    totals = total_up(lines, usd("0"), Decimal("0"), "USD")
    assert [line.amount for line in lines] == [usd("0.34")] * 3
    assert totals.subtotal == usd("1.02") == totals.total


def test_credit_comes_before_tax() -> None:
    line = make_line(flat("m", "USD", Decimal(100)), Decimal(1))
    totals = total_up([line], usd("40"), Decimal("0.19"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd("40"), usd("11.40"), usd("71.40"))


def test_discounts_come_before_credit_and_credit_before_tax() -> None:
    """200.00, less 10% is 180.00, less 30.00 is 150.00, less 50.00 of credit is 100.00, with 19% tax 119.00."""
    line = make_line(flat("m", "USD", Decimal(200)), Decimal(1))
    tenth, thirty = Discount("d-1", "a tenth", Decimal(10)), Discount("d-2", "thirty", amount_off=usd("30"))
    totals = total_up([line], usd("50"), Decimal("0.19"), "USD", [tenth, thirty])
    assert [reduction.amount for reduction in totals.reductions] == [usd("20.00"), usd("30")]
    assert (totals.subtotal, totals.discounts, totals.credits) == (usd("200.00"), usd("50.00"), usd("50"))
    assert (totals.tax, totals.total) == (usd("19.00"), usd("119.00"))


def test_credit_never_drives_the_total_below_zero() -> None:
    line = make_line(flat("m", "USD", Decimal(10)), Decimal(1))
    totals = total_up([line], usd("25"), Decimal("0.19"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd("10"), usd("0.00"), usd("0.00"))


def test_yen_have_no_minor_unit() -> None:
    line = make_line(flat("m", "JPY", Decimal("0.4")), Decimal(4))
    assert line.amount == Money.of("2", "JPY")


def test_credit_below_the_minor_unit_is_not_used() -> None:
    """Half a yen of credit would leave a total of half a yen."""
    line = make_line(flat("m", "JPY", Decimal(1)), Decimal(100))
    totals = total_up([line], Money.of("0.5", "JPY"), Decimal("0.1"), "JPY")
    assert (totals.credits, totals.tax, totals.total) == tuple(Money.of(n, "JPY") for n in (0, 10, 110))


def test_a_line_is_exact_where_28_digits_are_not() -> None:
    """10.00499999999999999999999999999 is less than half a cent over 10.00; with 28 digits it was billed as 10.01."""
    price = flat("m", "USD", Decimal("10004999999999.999999999999999"))
    assert make_line(price, Decimal("0.000000000001")).amount == usd("10.00")


def test_the_largest_quantity_at_the_highest_price_is_exact() -> None:
    quantity, unit = Decimal("9" * 26 + "." + "9" * 12), Decimal("9" * 15 + "." + "9" * 15)
    assert make_line(flat("m", "USD", unit), quantity).amount == Money.nearest(
        Fraction(quantity) * Fraction(unit), "USD"
    )


@pytest.mark.parametrize("currency", CURRENCIES)
def test_a_hundred_thousand_random_invoices_add_up_exactly(currency: str) -> None:
    """Lines, discounts, credit and tax against integers: quantities in millionths, unit amounts in 10^-12."""
    rng = random.Random(currency)
    for number in range(RANDOM_INVOICES):
        rates = [_rates(rng) for _ in range(rng.randrange(4))]
        millionths = [rng.randrange(10**12) for _ in rates]
        credit, tax = rng.randrange(10**6), rng.randrange(100_001)
        discounts = [_discount(rng, currency) for _ in range(rng.randrange(3))]
        lines = [
            make_line(_price(rate, currency), Decimal(quantity).scaleb(-6))
            for rate, quantity in zip(rates, millionths, strict=True)
        ]
        totals = total_up(lines, Money.from_minor(credit, currency), Decimal(tax).scaleb(-5), currency, discounts)
        expected = [
            _half_up(_cost(rate, quantity), 10 ** (18 - exponent(currency)))
            for rate, quantity in zip(rates, millionths, strict=True)
        ]
        assert [_units(line.amount) for line in lines] == expected, number
        assert _sums(totals) == _expected_sums(sum(expected), discounts, credit, tax), number


@dataclass(frozen=True)
class Rates:
    """A price in integers."""

    model: Model
    borders: tuple[int, ...]
    units: tuple[int, ...]


def _rates(rng: random.Random) -> Rates:
    model: Model = rng.choice(("flat", "graduated", "volume"))
    borders = () if model == "flat" else tuple(sorted(rng.sample(range(1, 10**6), 2)))
    return Rates(model, borders, tuple(rng.randrange(10**14) for _ in range(len(borders) + 1)))


def _price(rates: Rates, currency: str) -> Price:
    borders = (*map(Decimal, rates.borders), None)
    units = (Decimal(unit).scaleb(-12) for unit in rates.units)
    return Price("m", currency, rates.model, tuple(map(Tier, borders, units)))


def _cost(rates: Rates, millionths: int) -> int:
    """In 10^-18 of the currency."""
    borders = [border * 10**6 for border in rates.borders]
    if rates.model != "graduated":
        return millionths * rates.units[sum(millionths > border for border in borders)]
    lower, upper = (0, *borders), (*borders, millionths)
    parts = (max(0, min(millionths, high) - low) for low, high in zip(lower, upper, strict=True))
    return sum(part * unit for part, unit in zip(parts, rates.units, strict=True))


def _discount(rng: random.Random, currency: str) -> Discount:
    if rng.random() < 0.5:
        return Discount("d", "percent", Decimal(rng.randrange(1, 10_001)).scaleb(-2))
    return Discount("d", "amount", amount_off=Money.from_minor(rng.randrange(1, 10**6), currency))


def _half_up(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)


def _units(money: Money) -> int:
    """An amount's minor units; fails where it has a part of one."""
    assert money.is_whole(), money
    return money.minor_units()


def _sums(totals: Totals) -> list[int]:
    sums = (totals.subtotal, totals.discounts, totals.credits, totals.tax, totals.total)
    return [_units(amount) for amount in sums]


def _expected_sums(subtotal: int, discounts: list[Discount], credit: int, tax: int) -> list[int]:
    left = subtotal
    for discount in discounts:
        if discount.percent_off is not None:
            left -= _half_up(left * int(discount.percent_off * 100), 10_000)
        elif discount.amount_off is not None:
            left -= min(left, discount.amount_off.minor_units())
    used = min(credit, left)
    due = _half_up((left - used) * tax, 100_000)
    return [subtotal, subtotal - left, used, due, left - used + due]
