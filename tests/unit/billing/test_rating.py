"""What quantities cost."""

from decimal import Decimal

import pytest

from services.billing.domain.invoices import make_line
from services.billing.domain.rating import InvalidPrice, Price, Tier, cost, flat
from shared.utils.money import Money


def usd(text: str) -> Money:
    return Money.of(text, "USD")


TIERS = (Tier(Decimal(100), Decimal("0.10")), Tier(Decimal(200), Decimal("0.08")), Tier(None, Decimal("0.05")))
GRADUATED = Price("m", "USD", "graduated", TIERS)
VOLUME = Price("m", "USD", "volume", TIERS)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "0"), ("100", "10.00"), ("101", "10.08"), ("200", "18.00"), ("201", "18.05"), ("0.5", "0.05")],
)
def test_graduated_tiers_price_each_part(quantity: str, amount: str) -> None:
    assert cost(GRADUATED, Decimal(quantity)) == usd(amount)


@pytest.mark.parametrize(
    ("quantity", "amount"), [("100", "10.00"), ("101", "8.08"), ("200", "16.00"), ("201", "10.05")]
)
def test_volume_prices_all_units_by_the_tier_reached(quantity: str, amount: str) -> None:
    assert cost(VOLUME, Decimal(quantity)) == usd(amount)


def test_tiny_unit_amounts_stay_exact_until_the_line() -> None:
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
def test_prices_that_make_no_sense(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(InvalidPrice):
        Price("m", "USD", "graduated", tiers)


def test_a_negative_quantity_has_no_cost() -> None:
    with pytest.raises(InvalidPrice):
        cost(GRADUATED, Decimal(-1))
