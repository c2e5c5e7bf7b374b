"""What quantities cost."""

from decimal import Decimal
from fractions import Fraction

import pytest

from services.billing.domain.invoices import make_line
from services.billing.domain.rating import InvalidPrice, Model, Price, Tier, cost, flat
from shared.utils.money import Money, UnknownCurrency


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


def test_a_free_tier_ends_after_its_last_unit() -> None:
    """Lago: 250 units in a free tier of 250 were shown with a price."""
    price = Price("m", "USD", "graduated", (Tier(Decimal(250), Decimal(0)), Tier(None, Decimal("0.02"))))
    assert [cost(price, Decimal(quantity)).amount for quantity in ("250", "251", "250.5")] == [
        Decimal(0),
        Decimal("0.02"),
        Decimal("0.010"),
    ]


@pytest.mark.parametrize("model", ["flat", "graduated", "volume"])
def test_costs_keep_every_digit(model: Model) -> None:
    """24 digits by 13 are 37: decimal's own arithmetic would have rounded to 28."""
    price = Price("m", "USD", model, (Tier(None, Decimal("0.5000000000001")),))
    quantity = Decimal("10000000000000000000000.01")
    assert Fraction(cost(price, quantity).amount) == Fraction(quantity) * Fraction("0.5000000000001")


def test_a_price_has_a_currency_of_iso_4217() -> None:
    with pytest.raises(UnknownCurrency):
        flat("m", "ZZZ", Decimal(1))
