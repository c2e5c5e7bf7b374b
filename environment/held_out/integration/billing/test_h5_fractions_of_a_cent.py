"""Units that cost less than a cent, or a fraction more than some."""

from typing import Any

import pytest

from tests.support.billing import invoice, use
from tests.support.identities import Tenant
from tests.support.months import past_days

HALF = [{"up_to": "10", "unit_amount": "0.0033"}, {"up_to": None, "unit_amount": "0.0149"}]


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ({"unit_amount": "0.004"}, "1000", "4.00"),
        ({"unit_amount": "0.000012"}, "1000000", "12.00"),
        ({"unit_amount": "7.12345"}, "2000", "14246.90"),
        ({"unit_amount": "0.0049"}, "1", "0.00"),
        ({"model": "graduated", "tiers": HALF}, "110", "1.52"),
        ({"model": "volume", "tiers": HALF}, "110", "1.64"),
    ],
)
def test_only_the_line_is_rounded(tenant: Tenant, price: dict[str, Any], quantity: str, amount: str) -> None:
    tenant.operator.ok("PUT", "/api/billing/v1/prices/m", json={"currency": "USD", **price})
    span = past_days(1)
    use(tenant, "m", quantity, span.late())
    made = invoice(tenant, span.period)
    assert ([line["amount"] for line in made["lines"]], made["total"]) == ([amount], amount)


def test_lines_are_rounded_each_and_the_total_is_their_sum(tenant: Tenant) -> None:
    span = past_days(1)
    for meter in ("a", "b", "c"):
        tenant.operator.ok("PUT", f"/api/billing/v1/prices/{meter}", json={"currency": "USD", "unit_amount": "0.3349"})
        use(tenant, meter, "1", span.late())
    made = invoice(tenant, span.period)
    assert ([line["amount"] for line in made["lines"]], made["subtotal"]) == (["0.33"] * 3, "0.99")
