"""From usage to an audited invoice."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.billing import invoice, set_price, subscribe, use
from tests.support.clock import clock
from tests.support.computing import INSTANCES, create_host, dedicated
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.months import current, last_complete


@pytest.mark.services("audit")
def test_every_step_to_an_invoice_is_in_the_audit_trail(tenant: Tenant) -> None:
    set_price(tenant, "m", "0.335")
    month = last_complete()
    use(tenant, "m", "3", month.late())
    made = invoice(tenant, month.period)

    def trail() -> list[dict[str, Any]]:
        return list(tenant.api.items("/api/audit/v1/records", subject=made["id"]))

    [record] = eventually(trail)
    assert (record["type"], record["data"]["total"]) == ("billing.invoice.finalised", "1.01")
    assert tenant.api.ok("POST", "/api/audit/v1/verifications")["valid"] is True


@pytest.mark.services("tenants", "auth")
def test_two_tenants_with_the_same_usage_get_their_own_invoices(tenant: Tenant, other_tenant: Tenant) -> None:
    month = last_complete()
    for who, price in ((tenant, "0.335"), (other_tenant, "0.5")):
        set_price(who, "m", price)
        use(who, "m", "3", month.late(), id="the-same-id")
    assert invoice(tenant, month.period)["total"] == "1.01"
    assert invoice(other_tenant, month.period)["total"] == "1.50"


@pytest.mark.services("compute")
def test_what_was_never_provisioned_costs_nothing_and_what_was_used_is_exact(operator: Api, tenant: Tenant) -> None:
    # Given an instance that is still pending, and nobody who may declare it active
    create_host(operator, tenant)
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    tenant.api.refused(
        "POST", f"{INSTANCES}/{pending['id']}/transitions", 409, "illegal_transition", json={"target": "active"}
    )
    # When usage of something else is billed
    set_price(tenant, "m", "1")
    month = last_complete()
    for place in range(10):
        use(tenant, "m", "0.1005", month.late(hours=place + 1))
    made = invoice(tenant, month.period)
    # Then nothing else is on the invoice, and no fraction of it is lost
    assert [(line["meter"], line["quantity"], line["amount"]) for line in made["lines"]] == [("m", "1.005", "1.01")]
    assert made["total"] == "1.01"


@pytest.mark.services("dns", "loadbalancer")
def test_zones_and_load_balancers_are_billed_while_they_live(tenant: Tenant) -> None:
    # Given a zone and a load balancer that nobody deletes, at a dollar a second
    meters = {"dns": "dns.zone_seconds", "loadbalancer": "loadbalancer.seconds"}
    began = clock.now()
    for meter in meters.values():
        set_price(tenant, meter, "1")
    zone = tenant.api.ok("POST", "/api/dns/v1/zones", 201, json={"name": f"{tenant.id}.example."})
    pool = tenant.api.ok("POST", "/api/loadbalancer/v1/pools", 201, json={"name": "p", "algorithm": "round_robin"})
    front = {"name": "front", "listeners": [{"port": 443, "protocol": "tcp", "pool_id": pool["id"]}]}
    balancer = tenant.api.ok("POST", "/api/loadbalancer/v1/load-balancers", 201, json=front)
    # When usage is recorded up to now
    for service in meters:
        tenant.operator.ok("POST", f"/api/{service}/v1/usage/flush")

    def metered() -> list[dict[str, Any]]:
        found = list(tenant.api.items("/api/billing/v1/usage"))
        return found if {row["resource_id"] for row in found} == {zone["id"], balancer["id"]} else []

    usage = eventually(metered, timeout=20)
    # Then they are on the invoice, for as long as they have lived
    period = {"period_start": (began - timedelta(days=1)).isoformat(), "period_end": clock.now().isoformat()}
    lines = {line["meter"]: line for line in invoice(tenant, period)["lines"]}
    for meter in meters.values():
        seconds = sum((Decimal(row["quantity"]) for row in usage if row["meter"] == meter), Decimal(0))
        assert 0 < seconds <= Decimal((clock.now() - began).total_seconds())
        assert Decimal(lines[meter]["quantity"]) == seconds
        assert lines[meter]["amount"] == str(seconds.quantize(Decimal("0.01"), ROUND_HALF_UP))


@pytest.mark.services("audit")
def test_a_budget_s_alert_is_in_the_audit_trail(tenant: Tenant) -> None:
    subscribe(tenant, "1000000", current().start.isoformat())
    body = {"name": "b", "amount": "1", "currency": "USD", "thresholds": [100]}
    budget = tenant.api.ok("POST", "/api/billing/v1/budgets", 201, json=body)

    def alerts() -> list[dict[str, Any]]:
        return list(tenant.api.items(f"/api/billing/v1/budgets/{budget['id']}/alerts"))

    [alert] = eventually(alerts, timeout=30)

    def trail() -> list[dict[str, Any]]:
        return list(tenant.api.items("/api/audit/v1/records", subject=alert["id"]))

    [record] = eventually(trail)
    assert (record["type"], record["data"]["threshold"]) == ("billing.budget.threshold_reached", 100)
