"""Lines, credit and tax."""

from decimal import Decimal

from services.billing.domain.invoices import make_line, total_up
from services.billing.domain.rating import flat
from shared.utils.money import Money


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


def test_credit_never_drives_the_total_below_zero() -> None:
    line = make_line(flat("m", "USD", Decimal(10)), Decimal(1))
    totals = total_up([line], usd("25"), Decimal("0.19"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd("10"), usd("0.00"), usd("0.00"))


def test_yen_have_no_minor_unit() -> None:
    line = make_line(flat("m", "JPY", Decimal("0.4")), Decimal(4))
    assert line.amount == Money.of("2", "JPY")
