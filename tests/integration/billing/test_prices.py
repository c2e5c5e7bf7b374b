"""Prices in tiers, at their borders."""

from typing import Any

import pytest

from tests.support.billing import invoice, use
from tests.support.identities import Tenant
from tests.support.months import past_days

PRICE = "/api/billing/v1/prices/m"
TIERS = [
    {"up_to": "100", "unit_amount": "0.10"},
    {"up_to": "200", "unit_amount": "0.08"},
    {"up_to": None, "unit_amount": "0.05"},
]


@pytest.mark.parametrize(
    ("model", "amounts"),
    [("graduated", ["10.00", "10.08", "18.00", "18.05"]), ("volume", ["10.00", "8.08", "16.00", "10.05"])],
)
def test_a_border_belongs_to_the_lower_tier(tenant: Tenant, model: str, amounts: list[str]) -> None:
    """100, 101, 200 and 201 units; Stripe's `up_to` includes its last unit."""
    tenant.operator.ok("PUT", PRICE, json={"currency": "USD", "model": model, "tiers": TIERS})
    billed = []
    for place, quantity in enumerate(("100", "101", "200", "201")):
        span = past_days(1, before=3 - place)
        use(tenant, "m", quantity, span.late())
        billed.append(invoice(tenant, span.period)["total"])
    assert billed == amounts


def test_a_price_comes_back_as_it_was_written(tenant: Tenant) -> None:
    tiers = [{"up_to": "1000000", "unit_amount": "0.000000000000001"}, {"up_to": None, "unit_amount": "100"}]
    made = tenant.operator.ok("PUT", PRICE, json={"currency": "CLF", "model": "graduated", "tiers": tiers})
    assert (made["tiers"], made["currency"], made["model"]) == (tiers, "CLF", "graduated")
    assert tenant.api.ok("GET", PRICE) == made


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"unit_amount": 0.1}, "validation_failed"),
        ({"unit_amount": "１"}, "validation_failed"),
        ({"unit_amount": "-1"}, "invalid_price"),
        ({"unit_amount": "0.0000000000000001"}, "validation_failed"),
        ({}, "validation_failed"),
        ({"unit_amount": "1", "tiers": TIERS}, "validation_failed"),
        ({"model": "flat", "tiers": TIERS}, "invalid_price"),
        ({"model": "volume", "tiers": TIERS[:2]}, "invalid_price"),
        ({"model": "volume", "tiers": [TIERS[1], TIERS[0], TIERS[2]]}, "invalid_price"),
        ({"model": "volume", "tiers": []}, "invalid_price"),
        ({"model": "package", "unit_amount": "1"}, "validation_failed"),
    ],
)
def test_what_is_no_price_is_refused(tenant: Tenant, body: dict[str, Any], code: str) -> None:
    tenant.operator.refused("PUT", PRICE, 422, code, json={"currency": "USD", **body})
    tenant.api.refused("GET", PRICE, 404, "not_found")
