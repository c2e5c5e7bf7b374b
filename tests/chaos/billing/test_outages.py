"""Billing is killed and nothing is lost or counted twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from tests.support.billing import invoice, set_price, use
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.metering import usage_event
from tests.support.months import last_complete, past_days


def test_usage_sent_while_billing_is_dead_is_counted_once_it_is_back(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    month = last_complete()

    def event(number: int) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": f"e-{tenant.id}-{number}",
            "source": "omnicloud/storage",
            "type": "storage.usage.recorded",
            "subject": f"vol-{tenant.id}",
            "time": month.late(hours=12),
            "datacontenttype": "application/json",
            "dataschema": "urn:omnicloud:event:usage.recorded",
            "tenantid": tenant.id,
            "correlationid": "c-chaos",
            "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01",
            "actor": "service:storage",
            "sequence": number,
            "data": {
                "meter": "storage.gib_seconds",
                "quantity": "1",
                "started_at": month.late(hours=36),
                "ended_at": month.late(hours=35),
                "resource_id": "vol-1",
                "source": "storage",
            },
        }

    bus.send("storage.events", event(1))
    fleet.kill("billing")
    for number in (2, 3, 3, 1):
        bus.send("storage.events", event(number))
    fleet.start("billing")
    fleet.wait_healthy("billing")

    def counted() -> list[str]:
        return [item["source_id"] for item in tenant.api.items("/api/billing/v1/usage")]

    eventually(lambda: len(counted()) == 3, timeout=20)
    assert sorted(counted()) == [f"e-{tenant.id}-{number}" for number in (1, 2, 3)]


def test_concurrent_runs_make_one_invoice(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    month = last_complete()
    use(tenant, "m", "3", month.late())

    def run(_: int) -> int:
        return tenant.operator.post("/api/billing/v1/invoices", json=month.period).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(run, range(6)))
    assert answers == [201, 409, 409, 409, 409, 409]
    [made] = tenant.api.items("/api/billing/v1/invoices")
    assert made["total"] == "3.00"


def test_of_first_prices_at_once_the_last_one_counts(tenant: Tenant) -> None:
    def price(number: int) -> int:
        body = {"currency": "USD", "unit_amount": str(number)}
        return tenant.operator.put("/api/billing/v1/prices/m", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(price, range(6))) == [200] * 6
    [row] = tenant.api.items("/api/billing/v1/prices")
    assert row["version"] == 6


def test_an_invoice_survives_a_kill_right_after_its_answer(tenant: Tenant, fleet: FleetControl) -> None:
    set_price(tenant, "m", "2")
    month = last_complete()
    use(tenant, "m", "3", month.late())
    made = invoice(tenant, month.period)
    fleet.kill("billing")
    fleet.start("billing")
    fleet.wait_healthy("billing")
    found = eventually(lambda: tenant.api.ok("GET", f"/api/billing/v1/invoices/{made['id']}"))
    assert found["total"] == "6.00"


def test_a_budget_tells_once_though_billing_dies_in_between(tenant: Tenant, fleet: FleetControl, bus: Bus) -> None:
    set_price(tenant, "m", "1")
    body = {"name": "b", "amount": "10", "currency": "USD", "thresholds": [50, 100]}
    budget = tenant.api.ok("POST", "/api/billing/v1/budgets", 201, json=body)
    use(tenant, "m", "6", clock.now().isoformat())
    _die_and_use(tenant, fleet, "6")
    path = f"/api/billing/v1/budgets/{budget['id']}/alerts"

    def told() -> list[int]:
        # Both may have been reached at one look, and then have no order.
        found = sorted(alert["threshold"] for alert in tenant.api.items(path))
        return found if len(found) >= 2 else []

    assert eventually(told, timeout=30) == [50, 100]
    _die_and_use(tenant, fleet, "100")
    events = bus.events("billing.events", lambda event: event["data"].get("budget_id") == budget["id"], 2)
    assert sorted(event["data"]["threshold"] for event in events) == [50, 100]
    assert told() == [50, 100]


def _die_and_use(tenant: Tenant, fleet: FleetControl, quantity: str) -> None:
    """Billing dies and comes back; then some usage is counted, once, as soon as requests find it again."""
    fleet.kill("billing")
    fleet.start("billing")
    fleet.wait_healthy("billing")
    moment = clock.now().isoformat()
    eventually(lambda: use(tenant, "m", quantity, moment, id=f"after-{quantity}"))


def test_a_period_can_be_billed_from_its_end_on(tenant: Tenant, fleet: FleetControl) -> None:
    """The fleet's clock is stepped over the end of a period."""
    set_price(tenant, "m", "1")
    now = clock.now()
    use(tenant, "m", "3", now.isoformat())
    period = {
        "period_start": (now - timedelta(minutes=5)).isoformat(),
        "period_end": (now + timedelta(minutes=5)).isoformat(),
    }
    tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "period_unfinished", json=period)
    fleet.step_clock(310)
    made = eventually(lambda: invoice(tenant, period))
    assert made["total"] == "3.00"


def test_usage_that_arrives_while_invoices_are_made_is_on_exactly_one_of_them(tenant: Tenant) -> None:
    set_price(tenant, "m", "1")
    days = [past_days(1, before) for before in (3, 2, 1, 0)]
    earliest = days[0]

    def arrive(number: int) -> None:
        use(tenant, "m", "1", (earliest.start + timedelta(minutes=number)).isoformat())

    with ThreadPoolExecutor(4) as threads:
        arriving = [threads.submit(arrive, number) for number in range(60)]
        made = [invoice(tenant, day.period) for day in days[:3]]
        for each in arriving:
            each.result()
    made.append(invoice(tenant, days[3].period))
    billed = [int(line["quantity"]) for each in made for line in each["lines"]]
    assert sum(billed) == 60, billed
    pieces = list(tenant.api.items("/api/billing/v1/usage", meter="m"))
    assert len(pieces) == 60
    by_invoice = Counter(piece["invoice_id"] for piece in pieces)
    assert by_invoice == Counter({each["id"]: int(line["quantity"]) for each in made for line in each["lines"]})


def test_usage_of_a_source_whose_clock_is_ahead_is_billed_in_its_period(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    meter = "storage.gib_seconds"
    set_price(tenant, meter, "0.5")
    # Given a service that was ten minutes ahead when it told what somebody used
    now = clock.now()
    ahead = now + timedelta(minutes=10)
    bus.send("storage.events", usage_event(tenant.id, "storage", meter, "12.5", ahead))
    [piece] = eventually(lambda: list(tenant.api.items("/api/billing/v1/usage")), timeout=20)
    # Then it counts, though not yet
    assert (piece["refused_because"], piece["invoice_id"]) == ("", None)
    before = {"period_start": (now - timedelta(days=1)).isoformat(), "period_end": now.isoformat()}
    assert invoice(tenant, before)["lines"] == []
    # When its time has come, then it is billed
    fleet.step_clock(1_200)
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    following = {"period_start": now.isoformat(), "period_end": (ahead + timedelta(minutes=1)).isoformat()}
    [line] = acting.ok("POST", "/api/billing/v1/invoices", 201, json=following)["lines"]
    assert (line["meter"], line["quantity"], line["amount"]) == (meter, "12.5", "6.25")
