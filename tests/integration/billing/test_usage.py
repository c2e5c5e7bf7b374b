"""Metering: what is counted, and that it is counted once."""

from datetime import timedelta

from tests.support.billing import usage_body, use
from tests.support.clock import clock
from tests.support.identities import Tenant
from tests.support.months import last_complete

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


def test_pages_hold_every_piece_once(tenant: Tenant) -> None:
    ended_at = last_complete().late()
    for place in range(7):
        use(tenant, "m", str(place), ended_at)
    assert [item["quantity"] for item in tenant.api.items(USAGE, limit=3)] == [str(n) for n in range(7)]
