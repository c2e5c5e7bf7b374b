"""How a tenant is billed."""

from typing import Any

import pytest

from tests.support.billing import set_price
from tests.support.identities import Tenant

ACCOUNT = "/api/billing/v1/account"


@pytest.mark.parametrize("currency", ["ZZZ", "XAU", "XXX"])
def test_only_currencies_of_iso_4217_are_taken(tenant: Tenant, currency: str) -> None:
    tenant.operator.refused("PATCH", ACCOUNT, 422, "unknown_currency", json={"currency": currency})
    price = {"currency": currency, "unit_amount": "1"}
    tenant.operator.refused("PUT", "/api/billing/v1/prices/m", 422, "unknown_currency", json=price)
    assert tenant.api.ok("GET", ACCOUNT)["currency"] == "USD"
    assert list(tenant.api.items("/api/billing/v1/prices")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "usd"},
        {"currency": "USD\n"},
        {"currency": " USD"},
        {"currency": None},
        {"tax_rate": 0.19},
        {"tax_rate": "1.00001"},
        {"tax_rate": "0.000001"},
        {"tax_rate": "-0.1"},
        {"anchor_day": 0},
        {"anchor_day": 32},
    ],
)
def test_what_is_no_setting_changes_nothing(tenant: Tenant, change: dict[str, Any]) -> None:
    before = tenant.api.ok("GET", ACCOUNT)
    tenant.operator.refused("PATCH", ACCOUNT, 422, "validation_failed", json=change)
    assert tenant.api.ok("GET", ACCOUNT) == before


def test_a_price_that_is_not_there_yet_has_no_version(tenant: Tenant) -> None:
    bound = tenant.operator.with_headers(If_Match='"1"')
    body = {"currency": "USD", "unit_amount": "1"}
    bound.refused("PUT", "/api/billing/v1/prices/m", 412, "version_conflict", json=body)
    assert list(tenant.api.items("/api/billing/v1/prices")) == []
    set_price(tenant, "m", "1")
    assert bound.ok("PUT", "/api/billing/v1/prices/m", json=body)["version"] == 2


def test_a_meter_s_name_has_an_end(tenant: Tenant) -> None:
    body = {"currency": "USD", "unit_amount": "1"}
    tenant.operator.refused("PUT", f"/api/billing/v1/prices/{'m' * 201}", 422, "invalid_price", json=body)
