"""Who may see and do what in billing."""

from tests.support.api import Api
from tests.support.billing import invoice, set_price, subscribe, usage_body, use
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


def test_tenants_cannot_change_what_they_pay(tenant: Tenant) -> None:
    month = last_complete()
    plan = subscribe(tenant, "10", month.start.isoformat())
    other = {"plan": "x", "fee": "0", "currency": "USD"}
    discount = tenant.operator.ok(
        "POST", "/api/billing/v1/discounts", 201, json={"name": "d", "percent_off": "1", "duration": "forever"}
    )
    for method, path, body in (
        ("POST", "subscriptions", other),
        ("POST", f"subscriptions/{plan['id']}/end", {}),
        ("POST", f"subscriptions/{plan['id']}/change", other),
        ("POST", "discounts", {"name": "mine", "percent_off": "100"}),
        ("DELETE", f"discounts/{discount['id']}", None),
        ("POST", "invoices", month.period),
        ("PATCH", "account", {"tax_rate": "0"}),
    ):
        tenant.api.refused(method, f"/api/billing/v1/{path}", 403, "forbidden", json=body)
    assert list(tenant.api.items("/api/billing/v1/subscriptions")) == [plan]
    assert list(tenant.api.items("/api/billing/v1/discounts")) == [discount]
    assert invoice(tenant, month.period)["total"] == "9.90"


def test_plans_discounts_and_budgets_of_another_tenant_do_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    plan = subscribe(tenant, "10", last_complete().start.isoformat())
    operator, budget = other_tenant.operator, {"name": "b", "amount": "1", "currency": "USD"}
    discount = tenant.operator.ok("POST", "/api/billing/v1/discounts", 201, json={"name": "d", "percent_off": "1"})
    made = tenant.api.ok("POST", "/api/billing/v1/budgets", 201, json=budget)
    for path in (f"subscriptions/{plan['id']}", f"discounts/{discount['id']}", f"budgets/{made['id']}"):
        other_tenant.api.refused("GET", f"/api/billing/v1/{path}", 404, "not_found")
    other_tenant.api.refused("GET", f"/api/billing/v1/budgets/{made['id']}/alerts", 404, "not_found")
    other_tenant.api.refused("DELETE", f"/api/billing/v1/budgets/{made['id']}", 404, "not_found")
    other_tenant.api.refused("PATCH", f"/api/billing/v1/budgets/{made['id']}", 404, "not_found", json={"name": "x"})
    operator.refused("POST", f"/api/billing/v1/subscriptions/{plan['id']}/end", 404, "not_found", json={})
    operator.refused("DELETE", f"/api/billing/v1/discounts/{discount['id']}", 404, "not_found")
    assert tenant.api.ok("GET", f"/api/billing/v1/budgets/{made['id']}") == made


def test_budgets_are_the_administrators_to_set_and_everybodys_to_read(tenant: Tenant) -> None:
    body = {"name": "b", "amount": "1", "currency": "USD"}
    viewer, accountant = tenant.user("viewer"), tenant.user("billing-admin")
    viewer.refused("POST", "/api/billing/v1/budgets", 403, "forbidden", json=body)
    made = accountant.ok("POST", "/api/billing/v1/budgets", 201, json=body)
    assert list(viewer.items("/api/billing/v1/budgets")) == [made]
    viewer.refused("DELETE", f"/api/billing/v1/budgets/{made['id']}", 403, "forbidden")
    assert list(viewer.items("/api/billing/v1/budgets")) == [made]


def test_a_price_of_one_tenant_is_not_anothers(tenant: Tenant, other_tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    month = last_complete()
    use(other_tenant, "m", "1", month.late())
    other_tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "no_price", json=month.period)


def test_without_a_token_nothing_is_shown(anonymous: Api) -> None:
    anonymous.refused("GET", "/api/billing/v1/invoices", 401, "unauthenticated")
