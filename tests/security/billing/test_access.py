"""Who may see and do what in billing."""

from tests.support.api import Api
from tests.support.billing import invoice, set_price, usage_body, use
from tests.support.identities import Tenant
from tests.support.months import last_complete


def test_invoices_of_another_tenant_do_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    made = invoice(tenant, last_complete().period)
    other_tenant.api.refused("GET", f"/api/billing/v1/invoices/{made['id']}", 404, "not_found")
    assert list(other_tenant.api.items("/api/billing/v1/invoices")) == []


def test_a_forged_tenant_header_opens_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    invoice(tenant, last_complete().period)
    forged = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)
    forged.refused("GET", "/api/billing/v1/invoices", 403, "forbidden")


def test_tenants_cannot_price_credit_or_meter_themselves(tenant: Tenant) -> None:
    price = {"currency": "USD", "unit_amount": "0"}
    tenant.api.refused("PUT", "/api/billing/v1/prices/m", 403, "forbidden", json=price)
    credit = {"amount": "100", "currency": "USD", "reason": "mine"}
    tenant.api.refused("POST", "/api/billing/v1/credits", 403, "forbidden", json=credit)
    usage = usage_body("m", "1", last_complete().late())
    tenant.api.refused("POST", "/api/billing/v1/usage", 403, "forbidden", json=usage)
    for path in ("prices", "credits", "usage"):
        assert list(tenant.api.items(f"/api/billing/v1/{path}")) == []


def test_a_price_of_one_tenant_is_not_anothers(tenant: Tenant, other_tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    month = last_complete()
    use(other_tenant, "m", "1", month.late())
    other_tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "no_price", json=month.period)


def test_without_a_token_nothing_is_shown(anonymous: Api) -> None:
    anonymous.refused("GET", "/api/billing/v1/invoices", 401, "unauthenticated")
