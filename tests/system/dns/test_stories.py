"""Zones from the first to the last day of a tenant."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant, login_operator
from tests.support.metering import midnight_after, total, usage_of, window
from tests.support.zones import ZONES, add_record, make_zone, quota, records_of, resolve, values

USAGE = "/api/dns/v1/usage/flush"

pytestmark = pytest.mark.services("tenants", "auth")


def test_zones_count_against_the_quota_and_come_back(operator: Api) -> None:
    tenant = create_tenant(operator, plan="free", quotas={"dns_zones": 1})
    zone = make_zone(tenant.api)
    eventually(lambda: quota(tenant.api, "dns_zones") == (1, 0))
    tenant.api.refused("POST", ZONES, 403, "quota_exceeded", json={"name": "example.net"})
    assert [each["name"] for each in tenant.api.items(ZONES)] == ["example.com."]
    tenant.api.ok("DELETE", f"{ZONES}/{zone['id']}", 204)
    eventually(lambda: quota(tenant.api, "dns_zones") == (0, 0))
    make_zone(tenant.api, "example.net")


def test_a_refused_zone_costs_nothing(tenant: Tenant) -> None:
    make_zone(tenant.api)
    eventually(lambda: quota(tenant.api, "dns_zones") == (1, 0))
    tenant.api.refused("POST", ZONES, 409, "zone_exists", json={"name": "example.com"})
    assert quota(tenant.api, "dns_zones") == (1, 0)


def test_failover_moves_traffic_and_moves_it_back(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    answers = [{"value": "192.0.2.1", "role": "primary"}, {"value": "192.0.2.2", "role": "secondary"}]
    body = {"name": "www", "type": "A", "policy": "failover", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    add_record(tenant.api, zone, "shop", "CNAME", "www")
    health = f"{records_of(zone)}/{made['id']}/health"
    for healthy, expected in ((True, "192.0.2.1"), (False, "192.0.2.2"), (True, "192.0.2.1")):
        tenant.api.ok("POST", health, json={"value": "192.0.2.1", "healthy": healthy})
        assert values(resolve(tenant.api, "shop.example.com")) == ["www.example.com.", expected]


def test_a_closed_tenant_leaves_no_zone_behind(tenant: Tenant) -> None:
    zone = make_zone(tenant.api)
    add_record(tenant.api, zone, "www", "A", "192.0.2.1")
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(ZONES)) == [])
    tenant.operator.refused("GET", f"{ZONES}/{zone['id']}", 404, "not_found")


def test_a_zone_is_billed_while_it_lives_each_day_by_itself_and_once(
    tenant: Tenant, bus: Bus, fleet: FleetControl
) -> None:
    zone = make_zone(tenant.api)
    made_at = datetime.fromisoformat(zone["created_at"])
    midnight = midnight_after(made_at)
    fleet.step_clock((midnight - made_at).total_seconds() + 60)
    # Tokens of today are no longer good, so whoever acts now logs in anew.
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)

    assert acting.ok("POST", USAGE) == {"recorded": 2}
    acting.ok("DELETE", f"{ZONES}/{zone['id']}", 204)
    assert acting.ok("POST", USAGE) == {"recorded": 0}

    told = usage_of(bus, "dns", zone, count=3)
    windows = [window(event) for event in told]
    assert windows[0][1] == windows[1][0] == midnight
    assert windows[1][1] == windows[2][0]
    began, ended = windows[0][0], windows[2][1]
    assert total(told) == Decimal((ended - began) // datetime.resolution) / 1_000_000
