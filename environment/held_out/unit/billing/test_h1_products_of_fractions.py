"""What a quantity costs is the product of two decimal numbers, with all of its digits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.billing.domain.invoices import make_line
from services.billing.domain.rating import Price, Tier, cost, flat
from shared.utils.money import Money

AMOUNTS = st.decimals(0, 1000, places=9, allow_nan=False, allow_infinity=False)
QUANTITIES = st.decimals(0, 10**9, places=6, allow_nan=False, allow_infinity=False)


def product(quantity: Decimal, amount: Decimal) -> Fraction:
    return Fraction(quantity) * Fraction(amount)


@settings(derandomize=True, phases=[Phase.generate], max_examples=200, deadline=None)
@given(amount=AMOUNTS, quantity=QUANTITIES, currency=st.sampled_from(["USD", "JPY", "BHD"]))
def test_a_flat_price_is_multiplied_exactly(amount: Decimal, quantity: Decimal, currency: str) -> None:
    price = flat("m", currency, amount)
    exact = product(quantity, amount)
    assert Fraction(cost(price, quantity).amount) == exact
    assert make_line(price, quantity).amount == Money.nearest(exact, currency)


@settings(derandomize=True, phases=[Phase.generate], max_examples=200, deadline=None)
@given(amounts=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), quantity=QUANTITIES, borders=st.tuples(QUANTITIES, QUANTITIES))
def test_so_is_that_of_the_tier_that_a_volume_has_reached(
    amounts: tuple[Decimal, Decimal, Decimal], quantity: Decimal, borders: tuple[Decimal, Decimal]
) -> None:
    low, high = min(borders) + 1, max(borders) + 2
    tiers = (Tier(low, amounts[0]), Tier(high, amounts[1]), Tier(None, amounts[2]))
    amount = amounts[0] if quantity <= low else amounts[1] if quantity <= high else amounts[2]
    assert Fraction(cost(Price("m", "USD", "volume", tiers), quantity).amount) == product(quantity, amount)


@pytest.mark.parametrize(
    ("quantity", "amount", "line"),
    [
        ("3", "0.335", "1.01"),
        ("1", "1.005", "1.01"),
        ("7", "0.145", "1.02"),
        ("9", "0.115", "1.04"),
        ("5", "0.001", "0.01"),
    ],
)
def test_half_a_cent_goes_up_on_the_line(quantity: str, amount: str, line: str) -> None:
    price = flat("m", "USD", Decimal(amount))
    assert make_line(price, Decimal(quantity)).amount == Money.of(line, "USD")
