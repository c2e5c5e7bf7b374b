"""Graduated tiers meet at their borders."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.rating import Price, Tier, cost

borders = st.lists(st.integers(1, 5_000), min_size=1, max_size=4, unique=True).map(sorted)
thousandths = st.integers(0, 8_000_000)


def price_of(ends: list[int]) -> Price:
    tiers = [Tier(Decimal(end), Decimal(7 * place + 3).scaleb(-2)) for place, end in enumerate(ends)]
    return Price("m", "USD", "graduated", (*tiers, Tier(None, Decimal("0.01"))))


@settings(derandomize=True, deadline=None)
@given(ends=borders, quantity=thousandths)
def test_each_part_costs_what_its_tier_says(ends: list[int], quantity: int) -> None:
    price, used = price_of(ends), Fraction(quantity, 1000)
    expected, below = Fraction(0), Fraction(0)
    for tier in price.tiers:
        upper = used if tier.up_to is None else min(used, Fraction(tier.up_to))
        expected += max(Fraction(0), upper - below) * Fraction(tier.unit_amount)
        below = max(below, upper)
    assert Fraction(cost(price, Decimal(quantity).scaleb(-3)).amount) == expected


@settings(derandomize=True, deadline=None)
@given(ends=borders, more=st.integers(1, 3_000))
def test_what_is_used_beyond_a_border_is_paid_for_from_its_first_part_on(ends: list[int], more: int) -> None:
    price = price_of(ends)
    last, beyond = Decimal(ends[-1]), Decimal(more).scaleb(-3)
    extra = cost(price, last + beyond) - cost(price, last)
    assert extra.amount == beyond * Decimal("0.01")
