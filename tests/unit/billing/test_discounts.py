"""What discounts take off."""

from decimal import Decimal

import pytest

from services.billing.domain.discounts import Discount, Duration, InvalidDiscount, invoices_left, reduce
from shared.utils.money import Money


def usd(text: str) -> Money:
    return Money.of(text, "USD")


def percent(text: str) -> Discount:
    return Discount("d", "percent", Decimal(text))


def amount(text: str) -> Discount:
    return Discount("d", "amount", amount_off=usd(text))


def taken(subtotal: str, *discounts: Discount) -> list[str]:
    return [str(reduction.amount) for reduction in reduce(usd(subtotal), discounts)]


def test_a_later_discount_counts_from_what_the_earlier_ones_left() -> None:
    """Stripe's order for several coupons: that in which they are given."""
    assert taken("100.00", percent("10"), amount("30")) == ["10.00 USD", "30.00 USD"]
    assert taken("100.00", amount("30"), percent("10")) == ["30.00 USD", "7.00 USD"]


def test_a_percentage_is_rounded_once_half_up() -> None:
    assert taken("0.05", percent("50")) == ["0.03 USD"]
    assert taken("10.00", percent("33.33")) == ["3.33 USD"]


def test_no_more_is_taken_off_than_there_is() -> None:
    assert taken("20.00", amount("30"), percent("50")) == ["20.00 USD", "0.00 USD"]
    assert taken("20.00", percent("100"), amount("1")) == ["20.00 USD", "0.00 USD"]


@pytest.mark.parametrize("text", ["0", "-5", "100.01"])
def test_a_percentage_is_more_than_nothing_and_not_more_than_all(text: str) -> None:
    with pytest.raises(InvalidDiscount):
        percent(text)


@pytest.mark.parametrize("text", ["0", "-5", "0.005"])
def test_an_amount_is_more_than_nothing_in_whole_minor_units(text: str) -> None:
    with pytest.raises(InvalidDiscount):
        amount(text)


def test_a_discount_is_one_of_the_two() -> None:
    with pytest.raises(InvalidDiscount, match="either"):
        Discount("d", "neither")
    with pytest.raises(InvalidDiscount, match="either"):
        Discount("d", "both", Decimal(10), usd("1"))


@pytest.mark.parametrize(
    ("duration", "months", "left"), [("once", None, 1), ("repeating", 3, 3), ("forever", None, None)]
)
def test_a_duration_says_on_how_many_invoices_it_goes(duration: Duration, months: int | None, left: int | None) -> None:
    assert invoices_left(duration, months) == left


@pytest.mark.parametrize(("duration", "months"), [("once", 2), ("forever", 2), ("repeating", None)])
def test_months_belong_to_what_repeats(duration: Duration, months: int | None) -> None:
    with pytest.raises(InvalidDiscount, match="months"):
        invoices_left(duration, months)
