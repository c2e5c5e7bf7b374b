"""Credit is taken off before the tax, and never more than there is."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain.discounts import Discount
from services.billing.domain.invoices import make_line, total_up
from services.billing.domain.rating import flat
from shared.utils.money import Money

cents = st.integers(0, 500_000)


def usd(units: int) -> Money:
    return Money.from_minor(units, "USD")


@settings(derandomize=True, deadline=None)
@given(subtotal=cents, off=st.integers(1, 300_000), credit=cents, rate=st.integers(0, 100))
def test_every_sum_follows_from_the_one_before(subtotal: int, off: int, credit: int, rate: int) -> None:
    line = make_line(flat("m", "USD", usd(subtotal).amount), Decimal(1))
    discount = Discount("d", "off", amount_off=usd(off))
    totals = total_up([line], usd(credit), Decimal(rate).scaleb(-2), "USD", [discount])
    left = max(0, subtotal - off)
    used = min(credit, left)
    tax = ((left - used) * rate + 50) // 100
    assert (totals.discounts, totals.credits) == (usd(min(off, subtotal)), usd(used))
    assert (totals.tax, totals.total) == (usd(tax), usd(left - used + tax))


def test_credit_for_all_of_it_leaves_no_tax_and_keeps_the_rest() -> None:
    line = make_line(flat("m", "USD", Decimal("80")), Decimal(1))
    totals = total_up([line], usd(20_000), Decimal("0.25"), "USD")
    assert (totals.credits, totals.tax, totals.total) == (usd(8_000), usd(0), usd(0))
