"""Lines have the digits of their currency."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.invoices import make_line
from services.billing.domain.rating import flat
from shared.utils.money import Money, exponent

currencies = st.sampled_from(["JPY", "KRW", "CLP", "USD", "EUR", "MGA", "KWD", "TND", "CLF", "UYW"])


@settings(derandomize=True, deadline=None)
@given(currency=currencies, unit=st.integers(0, 10**9), quantity=st.integers(0, 10**6))
def test_a_line_is_the_nearest_whole_number_of_minor_units(currency: str, unit: int, quantity: int) -> None:
    price = Decimal(unit).scaleb(-6)
    amount = make_line(flat("m", currency, price), Decimal(quantity).scaleb(-2)).amount
    assert amount == Money.nearest(Fraction(unit, 10**6) * Fraction(quantity, 100), currency)


@settings(derandomize=True, deadline=None)
@given(currency=currencies, units=st.integers(-(10**12), 10**12))
def test_whole_minor_units_stay_as_they_are(currency: str, units: int) -> None:
    money = Money.from_minor(units, currency)
    assert (money.rounded(), money.is_whole(), money.minor_units()) == (money, True, units)
    half = Money(money.amount + Decimal(5).scaleb(-exponent(currency) - 1), currency)
    assert not half.is_whole()


@pytest.mark.parametrize(("currency", "text"), [("KRW", "13 KRW"), ("EUR", "12.50 EUR"), ("TND", "12.500 TND")])
def test_an_amount_is_shown_with_the_digits_of_its_currency(currency: str, text: str) -> None:
    assert str(Money.of("12.5", currency)) == text
