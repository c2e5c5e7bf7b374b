"""What billing says over the wire."""

import re
from typing import Any

from tests.support.billing import invoice, set_price, use
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.months import last_complete


def test_invoice_event_carries_the_exact_total_as_text(tenant: Tenant, bus: Bus) -> None:
    set_price(tenant, "m", "0.335")
    month = last_complete()
    use(tenant, "m", "3", month.late())
    made = invoice(tenant, month.period)
    [event] = bus.of_subject("billing.events", made["id"])
    assert (event["type"], event["tenantid"]) == ("billing.invoice.finalised", tenant.id)
    assert (event["data"]["total"], event["data"]["currency"]) == ("1.01", "USD")


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
    assert {"/v1/account", "/v1/invoices", "/v1/invoices/{id}", "/v1/prices/{meter}", "/v1/usage"} <= set(
        document["paths"]
    )
