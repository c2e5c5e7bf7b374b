"""Money is exact."""

from decimal import Decimal

import pytest

from shared.utils.money import CurrencyMismatch, InvalidAmount, Money


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
    ],
)
def test_rounds_half_up_to_the_currencys_minor_unit(amount: str, currency: str, text: str, minor: int) -> None:
    money = Money.of(amount, currency)
    assert (str(money), money.minor_units()) == (text, minor)


@pytest.mark.parametrize(("currency", "amount"), [("USD", "1.99"), ("JPY", "199"), ("BHD", "0.199")])
def test_from_minor_units(currency: str, amount: str) -> None:
    assert Money.from_minor(199, currency) == Money(Decimal(amount), currency)


def test_floats_never_get_in() -> None:
    with pytest.raises(TypeError):
        Money(0.1, "USD")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money.of("1", "USD") * 0.5  # type: ignore[operator]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "twelve", ""])
def test_text_that_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.of(text, "USD")


def test_currencies_never_mix() -> None:
    dollars, yen = Money.of(1, "USD"), Money.of(1, "JPY")
    with pytest.raises(CurrencyMismatch):
        dollars + yen
    with pytest.raises(CurrencyMismatch):
        assert dollars < yen


def test_nothing_adds_up_to_zero() -> None:
    assert Money.total([], "EUR") == Money.zero("EUR")
