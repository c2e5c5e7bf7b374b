"""Lines, discounts, credit and tax."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction

import pytest

from services.billing.domain.discounts import Discount
from services.billing.domain.invoices import Totals, make_line, total_up
from services.billing.domain.rating import Price, Tier, flat
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
    """Lines, discounts, credit and tax against integers and fractions."""
    rng = random.Random(currency)
    for number in range(RANDOM_INVOICES):
        prices = [_price(rng, currency) for _ in range(rng.randrange(4))]
        quantities = [Decimal(rng.randrange(10**9)).scaleb(-rng.randrange(7)) for _ in prices]
        credit, tax_rate = rng.randrange(10**6), Decimal(rng.randrange(100_001)).scaleb(-5)
        discounts = [_discount(rng, currency, place) for place in range(rng.randrange(3))]
        lines = [make_line(price, quantity) for price, quantity in zip(prices, quantities, strict=True)]
        totals = total_up(lines, Money.from_minor(credit, currency), tax_rate, currency, discounts)
        expected = [
            _units(_exact_cost(price, quantity), currency) for price, quantity in zip(prices, quantities, strict=True)
        ]
        assert [_exact_units(line.amount) for line in lines] == expected, number
        assert _sums(totals) == _expected_sums(sum(expected), discounts, credit, tax_rate), number


def _price(rng: random.Random, currency: str) -> Price:
    units = [Decimal(rng.randrange(10**8)).scaleb(-rng.randrange(13)) for _ in range(3)]
    if rng.random() < 0.5:
        return flat("m", currency, units[0])
    first, second = sorted(rng.sample(range(1, 10**6), 2))
    tiers = (Tier(Decimal(first), units[0]), Tier(Decimal(second), units[1]), Tier(None, units[2]))
    return Price("m", currency, rng.choice(("graduated", "volume")), tiers)


def _discount(rng: random.Random, currency: str, place: int) -> Discount:
    if rng.random() < 0.5:
        return Discount(f"d-{place}", "percent", Decimal(rng.randrange(1, 10_001)).scaleb(-2))
    return Discount(f"d-{place}", "amount", amount_off=Money.from_minor(rng.randrange(1, 10**6), currency))


def _exact_cost(price: Price, quantity: Decimal) -> Fraction:
    amount, borders = Fraction(quantity), [Fraction(0)]
    if price.model != "graduated":
        tier = next(tier for tier in price.tiers if tier.up_to is None or quantity <= tier.up_to)
        return amount * Fraction(tier.unit_amount)
    total = Fraction(0)
    for tier in price.tiers:
        upper = amount if tier.up_to is None else min(amount, Fraction(tier.up_to))
        total += max(Fraction(0), upper - borders[-1]) * Fraction(tier.unit_amount)
        borders.append(max(borders[-1], upper))
    return total


def _half_up(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _units(amount: Fraction, currency: str) -> int:
    return _half_up(amount * 10 ** exponent(currency))


def _exact_units(money: Money) -> int:
    """An amount's minor units; fails where it has a part of one."""
    units = Fraction(money.amount) * 10 ** exponent(money.currency)
    assert units.denominator == 1, money
    return units.numerator


def _sums(totals: Totals) -> list[int]:
    sums = (totals.subtotal, totals.discounts, totals.credits, totals.tax, totals.total)
    return [_exact_units(amount) for amount in sums]


def _expected_sums(subtotal: int, discounts: list[Discount], credit: int, tax_rate: Decimal) -> list[int]:
    left = subtotal
    for discount in discounts:
        if discount.percent_off is not None:
            left -= _half_up(left * Fraction(discount.percent_off) / 100)
        elif discount.amount_off is not None:
            left -= min(left, _exact_units(discount.amount_off))
    used = min(credit, left)
    tax = _half_up((left - used) * Fraction(tax_rate))
    return [subtotal, subtotal - left, used, tax, left - used + tax]
