"""Money is exact."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shared.utils.money import CurrencyMismatch, InvalidAmount, Money, UnknownCurrency, exponent


def test_a_third_three_times_is_not_rounded_on_the_way() -> None:
    total = Money.total([Money.of("0.1", "USD")] * 3, "USD")
    assert total == Money.of("0.3", "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "text", "minor"),
    [
        ("1.005", "USD", "1.01 USD", 101),
        ("2.675", "USD", "2.68 USD", 268),
        ("-1.005", "USD", "-1.01 USD", -101),
        ("1234.5", "JPY", "1235 JPY", 1235),
        ("1.2345", "BHD", "1.235 BHD", 1235),
        ("12.34565", "CLF", "12.3457 CLF", 123457),
        ("-0.004", "USD", "0.00 USD", 0),
    ],
)
def test_rounds_half_up_to_the_currencys_minor_unit(amount: str, currency: str, text: str, minor: int) -> None:
    money = Money.of(amount, currency)
    assert (str(money), money.minor_units()) == (text, minor)


@pytest.mark.parametrize(("currency", "amount"), [("USD", "1.99"), ("JPY", "199"), ("BHD", "0.199"), ("UYW", "0.0199")])
def test_from_minor_units(currency: str, amount: str) -> None:
    assert Money.from_minor(199, currency) == Money(Decimal(amount), currency)


def test_floats_never_get_in() -> None:
    with pytest.raises(TypeError):
        Money(0.1, "USD")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of("1", "USD") * 0.5  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "twelve", "", "１", "1_000", " 5 ", "1e3", "+1", ".5", "5.", "0x1"]
)
def test_text_that_is_no_amount(text: str) -> None:
    """`Decimal` reads full-width digits, underscores, spaces and exponents; money doesn't."""
    with pytest.raises(InvalidAmount):
        Money.of(text, "USD")


@pytest.mark.parametrize("value", [0.1, True, (0, (1, 2), -1), None])
def test_money_is_made_from_text_integers_and_decimals_alone(value: Any) -> None:
    with pytest.raises(InvalidAmount):
        Money.of(value, "USD")


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("JPY", 0), ("UYI", 0), ("XPF", 0), ("USD", 2), ("MGA", 2), ("HUF", 2), ("KWD", 3), ("CLF", 4), ("UYW", 4)],
)
def test_digits_of_currencies_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["ZZZ", "usd", "", "XAU", "XXX", "USD\n", "ＵＳＤ"])
def test_there_is_no_money_in_what_is_no_currency(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money.of("1", currency)


def test_sums_differences_and_products_keep_every_digit() -> None:
    """38 digits; `decimal` itself would keep 28."""
    large, tiny = Money.of("12345678901234567890.123456789012", "USD"), Money.of("0.000000000001", "USD")
    assert (large + tiny).amount == Decimal("12345678901234567890.123456789013")
    assert (large - tiny).amount == Decimal("12345678901234567890.123456789011")
    assert (large * Decimal("1.000000000001")).amount == Decimal("12345678901246913569.024691356902123456789012")
    assert (-large).amount == Decimal("-12345678901234567890.123456789012")


@pytest.mark.parametrize(
    ("amount", "currency", "nearest"),
    [
        (Fraction(10, 3), "CLF", "3.3333"),
        (Fraction(1, 200), "USD", "0.01"),
        (Fraction(-1, 200), "USD", "-0.01"),
        (Fraction(-1, 201), "USD", "0.00"),
        (Fraction(5, 2), "JPY", "3"),
    ],
)
def test_an_exact_fraction_is_rounded_once_half_up(amount: Fraction, currency: str, nearest: str) -> None:
    assert Money.nearest(amount, currency) == Money.of(nearest, currency)


def test_whole_minor_units_are_told_from_parts_of_one() -> None:
    assert Money.of("0.50", "USD").is_whole()
    assert not Money.of("0.005", "USD").is_whole()
    assert not Money.of("0.5", "JPY").is_whole()
    assert Money.of("0.0001", "CLF").is_whole()


def test_currencies_never_mix() -> None:
    dollars, yen = Money.of(1, "USD"), Money.of(1, "JPY")
    with pytest.raises(CurrencyMismatch):
        dollars + yen
    with pytest.raises(CurrencyMismatch):
        assert dollars < yen


def test_nothing_adds_up_to_zero() -> None:
    assert Money.total([], "EUR") == Money.zero("EUR")
