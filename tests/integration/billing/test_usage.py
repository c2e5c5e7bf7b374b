"""Metering: what is counted, and that it is counted once."""

from datetime import timedelta

from tests.support.billing import invoice, set_price, usage_body, use
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.metering import usage_event
from tests.support.months import last_complete, past_days

USAGE = "/api/billing/v1/usage"


def test_the_same_piece_sent_twice_is_counted_once(tenant: Tenant) -> None:
    ended_at = last_complete().late()
    first = use(tenant, "m", "2.5", ended_at, id="piece-1")
    second = use(tenant, "m", "2.5", ended_at, id="piece-1")
    assert second == first
    assert [item["quantity"] for item in tenant.api.items(USAGE)] == ["2.5"]


def test_two_sources_may_use_the_same_id(tenant: Tenant) -> None:
    ended_at = last_complete().late()
    use(tenant, "m", "1", ended_at, id="piece-1", source="a")
    use(tenant, "m", "2", ended_at, id="piece-1", source="b")
    assert [item["quantity"] for item in tenant.api.items(USAGE)] == ["1", "2"]


def test_usage_from_long_ago_or_ahead_of_time_is_refused(tenant: Tenant) -> None:
    for away in (timedelta(days=-35, minutes=-1), timedelta(minutes=10)):
        body = usage_body("m", "1", (clock.now() + away).isoformat())
        tenant.operator.refused("POST", USAGE, 422, "usage_refused", json=body)
    assert list(tenant.api.items(USAGE)) == []


def test_usage_is_found_by_meter_and_half_open_time(tenant: Tenant) -> None:
    month = last_complete()
    first, second, third = (month.late(hours) for hours in (23, 22, 21))
    for quantity, ended_at in (("1", first), ("2", second), ("3", third)):
        use(tenant, "m", quantity, ended_at)
    use(tenant, "other", "9", second)
    found = tenant.api.items(USAGE, meter="m", start=first, end=third)
    assert [item["quantity"] for item in found] == ["1", "2"]


def test_a_piece_at_the_border_of_two_days_is_listed_on_one_of_them(tenant: Tenant) -> None:
    """What ends at midnight is of the day that ends there, what lies at midnight of the one that begins."""
    day, next_day = past_days(1, before=1), past_days(1)
    midnight = next_day.start.isoformat()
    use(tenant, "m", "24", midnight, started_at=day.start.isoformat())
    use(tenant, "m", "1", midnight)
    listed = [
        [item["quantity"] for item in tenant.api.items(USAGE, start=each.start.isoformat(), end=each.end.isoformat())]
        for each in (day, next_day)
    ]
    assert listed == [["24"], ["1"]]


def test_an_event_that_comes_after_its_invoice_is_billed_on_the_next_one(tenant: Tenant, bus: Bus) -> None:
    earlier, following = past_days(2, before=2), past_days(2)
    set_price(tenant, "compute.vcpu_seconds", "0.5")
    assert invoice(tenant, earlier.period)["lines"] == []
    event = usage_event(tenant.id, "compute", "compute.vcpu_seconds", "12.5", earlier.end - timedelta(hours=6))
    bus.send("compute.events", event)
    [piece] = eventually(lambda: list(tenant.api.items(USAGE)))
    assert piece["invoice_id"] is None
    made = invoice(tenant, following.period)
    assert [(line["meter"], line["quantity"], line["amount"]) for line in made["lines"]] == [
        ("compute.vcpu_seconds", "12.5", "6.25")
    ]
    assert [item["invoice_id"] for item in tenant.api.items(USAGE)] == [made["id"]]


def test_pages_hold_every_piece_once(tenant: Tenant) -> None:
    ended_at = last_complete().late()
    for place in range(7):
        use(tenant, "m", str(place), ended_at)
    assert [item["quantity"] for item in tenant.api.items(USAGE, limit=3)] == [str(n) for n in range(7)]
