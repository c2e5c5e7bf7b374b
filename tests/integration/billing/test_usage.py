"""Metering: what is counted, and that it is counted once."""

from tests.support.billing import usage_body, use
from tests.support.identities import Tenant

USAGE = "/api/billing/v1/usage"


def test_the_same_piece_sent_twice_is_counted_once(tenant: Tenant) -> None:
    first = use(tenant, "m", "2.5", "2026-11-10T00:00:00Z", id="piece-1")
    second = use(tenant, "m", "2.5", "2026-11-10T00:00:00Z", id="piece-1")
    assert second == first
    assert [item["quantity"] for item in tenant.api.items(USAGE)] == ["2.5"]


def test_two_sources_may_use_the_same_id(tenant: Tenant) -> None:
    use(tenant, "m", "1", "2026-11-10T00:00:00Z", id="piece-1", source="a")
    use(tenant, "m", "2", "2026-11-10T00:00:00Z", id="piece-1", source="b")
    assert [item["quantity"] for item in tenant.api.items(USAGE)] == ["1", "2"]


def test_usage_from_long_ago_or_ahead_of_time_is_refused(tenant: Tenant) -> None:
    for ended_at in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        body = usage_body("m", "1", ended_at)
        tenant.operator.refused("POST", USAGE, 422, "usage_refused", json=body)
    assert list(tenant.api.items(USAGE)) == []


def test_usage_is_found_by_meter_and_half_open_time(tenant: Tenant) -> None:
    for hour in (1, 2, 3):
        use(tenant, "m", str(hour), f"2026-11-10T0{hour}:00:00Z")
    use(tenant, "other", "9", "2026-11-10T02:00:00Z")
    found = tenant.api.items(USAGE, meter="m", start="2026-11-10T01:00:00Z", end="2026-11-10T03:00:00Z")
    assert [item["quantity"] for item in found] == ["1", "2"]


def test_pages_hold_every_piece_once(tenant: Tenant) -> None:
    for place in range(7):
        use(tenant, "m", str(place), "2026-11-10T00:00:00Z")
    assert [item["quantity"] for item in tenant.api.items(USAGE, limit=3)] == [str(n) for n in range(7)]
