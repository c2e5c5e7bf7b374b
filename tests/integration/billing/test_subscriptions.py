"""Plan fees, prorated to the second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.billing import invoice, set_price, subscribe, use
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.months import Month, last_complete, past_days, short_february

SUBSCRIPTIONS = "/api/billing/v1/subscriptions"


def plan_lines(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(line["meter"], line["months"], line["amount"]) for line in made["lines"]]


def january() -> Month:
    return short_february().previous()


def test_the_second_half_of_february_costs_half(tenant: Tenant) -> None:
    """Stripe's example: from 15 February to 1 March are 14 of 28 days."""
    february = short_february()
    subscribe(tenant, "10.00", (february.start + timedelta(days=14)).isoformat())
    made = invoice(tenant, february.period)
    assert (plan_lines(made), made["total"]) == ([("plan.team", "1/2", "5.00")], "5.00")


def test_from_the_15th_of_january_17_of_31_days_are_billed(tenant: Tenant) -> None:
    """Stripe's example; a month of 30 days would make it 5.67."""
    subscribe(tenant, "10.00", (january().start + timedelta(days=14)).isoformat())
    made = invoice(tenant, january().period)
    assert (plan_lines(made), made["total"]) == ([("plan.team", "17/31", "5.48")], "5.48")


def test_with_an_anchor_of_31_february_s_last_day_begins_a_period(tenant: Tenant) -> None:
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"anchor_day": 31})
    year = short_february().start.year
    start, middle, end = (datetime(year, month, day, tzinfo=UTC) for month, day in ((1, 31), (2, 14), (2, 28)))
    subscribe(tenant, "10.00", middle.isoformat())
    period = {"period_start": start.isoformat(), "period_end": end.isoformat()}
    assert plan_lines(invoice(tenant, period)) == [("plan.team", "1/2", "5.00")]
    march = {"period_start": end.isoformat(), "period_end": datetime(year, 3, 31, tzinfo=UTC).isoformat()}
    assert plan_lines(invoice(tenant, march)) == [("plan.team", "1", "10.00")]


def test_a_change_within_the_month_bills_both_plans_for_their_parts(tenant: Tenant) -> None:
    february = short_february()
    first = subscribe(tenant, "28.00", february.start.isoformat(), plan="small")
    change = {"plan": "large", "fee": "56.00", "currency": "USD"}
    moment = (february.start + timedelta(days=7)).isoformat()
    second = tenant.operator.ok(
        "POST", f"{SUBSCRIPTIONS}/{first['id']}/change", 201, json={**change, "changed_at": moment}
    )
    made = invoice(tenant, february.period)
    assert plan_lines(made) == [("plan.small", "1/4", "7.00"), ("plan.large", "3/4", "42.00")]
    [old, new] = tenant.api.items(SUBSCRIPTIONS)
    assert (old["ended_at"], new["id"], new["started_at"]) == (second["started_at"], second["id"], old["ended_at"])


def test_what_is_on_an_invoice_is_not_billed_again_and_what_came_late_is(tenant: Tenant) -> None:
    january_, february = january(), short_february()
    subscribe(tenant, "10.00", january_.start.isoformat())
    assert invoice(tenant, january_.period)["total"] == "10.00"
    subscribe(tenant, "31.00", (january_.end - timedelta(days=1)).isoformat(), plan="late")
    made = invoice(tenant, february.period)
    assert plan_lines(made) == [("plan.team", "1", "10.00"), ("plan.late", "32/31", "32.00")]


def test_an_end_is_billed_up_to_and_no_further(tenant: Tenant) -> None:
    february = short_february()
    made = subscribe(tenant, "28.00", february.start.isoformat())
    path = f"{SUBSCRIPTIONS}/{made['id']}/end"
    noon = (february.start + timedelta(days=1, hours=12)).isoformat()
    ended = tenant.operator.ok("POST", path, json={"ended_at": noon})
    assert ended["ended_at"] == noon.replace("+00:00", "Z")
    tenant.operator.refused("POST", path, 422, "invalid_subscription", json={})
    assert plan_lines(invoice(tenant, february.period)) == [("plan.team", "3/56", "1.50")]
    march = Month.of(february.end)
    assert invoice(tenant, march.period)["lines"] == []


def test_what_is_billed_cannot_be_ended_before(tenant: Tenant) -> None:
    february = short_february()
    made = subscribe(tenant, "28.00", february.start.isoformat())
    invoice(tenant, february.period)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    body = {"ended_at": (february.end - timedelta(seconds=1)).isoformat()}
    tenant.operator.refused("POST", f"{path}/end", 422, "invalid_subscription", json=body)
    change = {"plan": "x", "fee": "1", "currency": "USD", "changed_at": body["ended_at"]}
    tenant.operator.refused("POST", f"{path}/change", 422, "invalid_subscription", json=change)
    assert [item["ended_at"] for item in tenant.api.items(SUBSCRIPTIONS)] == [None]
    tenant.operator.ok("POST", f"{path}/end", json={"ended_at": february.end.isoformat()})


@pytest.mark.services("tenants")
def test_a_closed_tenant_pays_for_no_plan_from_then_on(tenant: Tenant) -> None:
    february, now = short_february(), clock.now()
    invoiced = subscribe(tenant, "28.00", february.start.isoformat())
    invoice(tenant, february.period)
    ending = subscribe(tenant, "1.00", february.start.isoformat(), plan="ending")
    path, body = f"{SUBSCRIPTIONS}/{ending['id']}/end", {"ended_at": (now + timedelta(days=40)).isoformat()}
    tenant.operator.ok("POST", path, json=body)
    subscribe(tenant, "10.00", (now + timedelta(days=1)).isoformat(), plan="never-begun")

    before = clock.now()
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")

    def ends() -> dict[str, datetime]:
        found = {each["id"]: each["ended_at"] for each in tenant.operator.items(SUBSCRIPTIONS)}
        if len(found) == 3 or None in found.values():
            return {}
        return {id: datetime.fromisoformat(end) for id, end in found.items()}

    found = eventually(ends, timeout=30)
    assert set(found) == {invoiced["id"], ending["id"]}
    assert all(before <= end <= clock.now() for end in found.values())
    assert len(set(found.values())) == 1
    plan = {"plan": "team", "fee": "10", "currency": "USD"}
    tenant.operator.refused("POST", SUBSCRIPTIONS, 403, "tenant_not_active", json=plan)


def test_fees_and_usage_are_on_one_invoice(tenant: Tenant) -> None:
    span = past_days(1)
    set_price(tenant, "m", "0.335")
    use(tenant, "m", "3", span.late())
    subscribe(tenant, "0", span.start.isoformat(), plan="free")
    made = invoice(tenant, span.period)
    assert [(line["meter"], line["amount"]) for line in made["lines"]] == [("m", "1.01"), ("plan.free", "0.00")]
    assert [(line["quantity"], line["months"] is None) for line in made["lines"]] == [("3", True), (None, False)]


def test_two_whole_months_cost_two_fees_beside_usage_that_is_rounded_by_itself(tenant: Tenant) -> None:
    """Two months that follow each other are never of 30 days both."""
    month = last_complete()
    set_price(tenant, "m", "1.005")
    use(tenant, "m", "1", month.late())
    subscribe(tenant, "10.00", month.previous().start.isoformat())
    made = invoice(tenant, month.period)
    assert [(line["meter"], line["amount"]) for line in made["lines"]] == [("m", "1.01"), ("plan.team", "20.00")]
    assert made["total"] == "21.01"


def test_a_fee_in_a_currency_that_the_account_has_left_stops_the_run(tenant: Tenant) -> None:
    month = last_complete()
    subscribe(tenant, "10", month.start.isoformat())
    tenant.operator.ok("PATCH", "/api/billing/v1/account", json={"currency": "JPY"})
    tenant.operator.refused("POST", "/api/billing/v1/invoices", 422, "no_price", json=month.period)
    assert list(tenant.api.items("/api/billing/v1/invoices")) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"fee": "-1"}, "invalid_subscription"),
        ({"fee": "0.005"}, "invalid_subscription"),
        ({"fee": 9.99}, "validation_failed"),
        ({"currency": "JPY", "fee": "1"}, "invalid_subscription"),
        ({"currency": "ZZZ"}, "unknown_currency"),
        ({"started_at": "1999-12-31T00:00:00Z"}, "invalid_subscription"),
        ({"plan": ""}, "validation_failed"),
    ],
)
def test_a_plan_that_can_not_be_billed_is_refused(tenant: Tenant, change: dict[str, Any], code: str) -> None:
    body = {"plan": "team", "fee": "10", "currency": "USD", "started_at": clock.now().isoformat(), **change}
    tenant.operator.refused("POST", SUBSCRIPTIONS, 422, code, json=body)
    assert list(tenant.api.items(SUBSCRIPTIONS)) == []


def test_a_stale_version_ends_nothing(tenant: Tenant) -> None:
    made = subscribe(tenant, "10", last_complete().start.isoformat())
    stale = tenant.operator.with_headers(If_Match='"7"')
    stale.refused("POST", f"{SUBSCRIPTIONS}/{made['id']}/end", 412, "version_conflict", json={})
    change = {"plan": "x", "fee": "1", "currency": "USD"}
    stale.refused("POST", f"{SUBSCRIPTIONS}/{made['id']}/change", 412, "version_conflict", json=change)
    assert list(tenant.api.items(SUBSCRIPTIONS)) == [made]
