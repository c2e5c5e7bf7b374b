"""What billing says over the wire."""

import re
from decimal import Decimal
from typing import Any

from tests.support.billing import amounts, invoice, set_price, subscribe, usage_body, use
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.months import current, last_complete


def test_invoice_event_carries_the_exact_total_as_text(tenant: Tenant, bus: Bus) -> None:
    set_price(tenant, "m", "0.335")
    month = last_complete()
    use(tenant, "m", "3", month.late())
    made = invoice(tenant, month.period)
    [event] = bus.of_subject("billing.events", made["id"])
    assert (event["type"], event["tenantid"]) == ("billing.invoice.finalised", tenant.id)
    assert (event["data"]["total"], event["data"]["currency"]) == ("1.01", "USD")


def test_invoice_event_carries_every_sum(tenant: Tenant, bus: Bus) -> None:
    set_price(tenant, "m", "100")
    month = last_complete()
    use(tenant, "m", "1", month.late())
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"tax_rate": "0.19"})
    tenant.operator.ok("POST", "/api/billing/v1/discounts", 201, json={"name": "a tenth", "percent_off": "10"})
    [event] = bus.of_subject("billing.events", invoice(tenant, month.period)["id"])
    assert amounts(event["data"]) == {
        "subtotal": "100.00", "discounts": "10.00", "credits": "0.00", "tax": "17.10", "total": "107.10",
    }  # fmt: skip


def test_plans_discounts_and_budgets_are_told(tenant: Tenant, bus: Bus) -> None:
    month = last_complete()
    plan = subscribe(tenant, "10", month.start.isoformat())
    tenant.operator.ok("POST", f"/api/billing/v1/subscriptions/{plan['id']}/end", json={})
    created, ended = bus.of_subject("billing.events", plan["id"], 2)
    assert [created["type"], ended["type"]] == ["billing.subscription.created", "billing.subscription.ended"]
    assert (created["data"]["ended_at"], created["data"]["plan"]) == (None, "team")
    assert ended["data"]["ended_at"] is not None
    discount = tenant.operator.ok(
        "POST", "/api/billing/v1/discounts", 201, json={"name": "d", "amount_off": "5", "currency": "USD"}
    )
    tenant.operator.ok("DELETE", f"/api/billing/v1/discounts/{discount['id']}", 204)
    granted, withdrawn = bus.of_subject("billing.events", discount["id"], 2)
    assert [granted["type"], withdrawn["type"]] == ["billing.discount.created", "billing.discount.deleted"]
    assert (granted["data"]["amount_off"], granted["data"]["percent_off"]) == ("5.00", None)
    assert withdrawn["sequence"] > granted["sequence"]
    body = {"name": "b", "amount": "1", "currency": "USD", "thresholds": [100]}
    budget = tenant.api.ok("POST", "/api/billing/v1/budgets", 201, json=body)
    subscribe(tenant, "1000000", current().start.isoformat(), plan="large")

    def reached(event: dict[str, Any]) -> bool:
        return bool(event["data"].get("budget_id") == budget["id"])

    [alert] = bus.events("billing.events", reached, timeout=30)
    assert (alert["type"], alert["tenantid"]) == ("billing.budget.threshold_reached", tenant.id)
    assert (alert["data"]["threshold"], alert["data"]["budgeted"], alert["data"]["currency"]) == (100, "1.00", "USD")
    assert Decimal(alert["data"]["spent"]) >= 1


def test_usage_comes_back_digit_by_digit(tenant: Tenant) -> None:
    """38 digits; Decimal's own arithmetic keeps 28."""
    ended_at = last_complete().late()
    for quantity in ("12345678901234567890123456.123456789012", "100", "0.000000000001"):
        assert use(tenant, "m", quantity, ended_at)["quantity"] == quantity
    for refused in ("0.0000000000001", "1" * 27, "1e3", "１", 1.5):
        body = {**usage_body("m", "1", ended_at), "quantity": refused}
        tenant.operator.refused("POST", "/api/billing/v1/usage", 422, "validation_failed", json=body)
    assert len(list(tenant.api.items("/api/billing/v1/usage"))) == 3


def test_usage_event_of_a_service_is_counted_once_however_often_it_arrives(tenant: Tenant, bus: Bus) -> None:

    month = last_complete()
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"e-{tenant.id}",
        "source": "omnicloud/compute",
        "type": "compute.usage.recorded",
        "subject": f"i-{tenant.id}",
        "time": month.late(hours=12),
        "datacontenttype": "application/json",
        "dataschema": "urn:omnicloud:event:usage.recorded",
        "tenantid": tenant.id,
        "correlationid": "c-contract",
        "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01",
        "actor": "service:compute",
        "sequence": 1,
        "data": {
            "meter": "compute.vcpu_seconds",
            "quantity": "12.5",
            "started_at": month.late(hours=36),
            "ended_at": month.late(hours=35),
            "resource_id": "i-1",
            "source": "compute",
        },
    }
    for _ in range(3):
        bus.send("compute.events", event)
    bus.send("compute.events", {**event, "id": event["id"] + "-2", "data": {**event["data"], "quantity": "1"}})
    eventually(lambda: len(list(tenant.api.items("/api/billing/v1/usage"))) == 2)
    assert [item["quantity"] for item in tenant.api.items("/api/billing/v1/usage")] == ["12.5", "1"]


def test_amounts_are_text_with_the_currencys_digits(tenant: Tenant) -> None:
    month = last_complete()
    use(tenant, "compute.vcpu_seconds", "3600", month.late())
    made = invoice(tenant, month.period)
    for name in ("subtotal", "credits", "tax", "total"):
        assert re.fullmatch(r"\d+\.\d{2}", made[name]), (name, made[name])


def test_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    document = tenant.api.ok("GET", "/api/billing/openapi.json")
    assert document["openapi"].startswith("3.")
    nouns = {"account", "budgets", "credits", "discounts", "invoices", "periods", "spend", "subscriptions", "usage"}
    assert {f"/v1/{noun}" for noun in nouns} | {"/v1/invoices/{id}", "/v1/prices/{meter}"} <= set(document["paths"])
