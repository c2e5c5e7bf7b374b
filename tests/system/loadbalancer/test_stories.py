"""Load balancers among their neighbours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS, check, make_balancer, make_pool
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant, login_operator
from tests.support.metering import midnight_after, total, usage_of, window
from tests.support.zones import make_zone, quota, records_of, resolve, values

USAGE = "/api/loadbalancer/v1/usage/flush"


@pytest.mark.services("tenants", "auth")
def test_load_balancers_count_against_the_quota_and_come_back(operator: Api) -> None:
    tenant = create_tenant(operator, plan="free", quotas={"load_balancers": 1})
    pool, _ = make_pool(tenant.api, 1)
    balancer = make_balancer(tenant.api, pool)
    eventually(lambda: quota(tenant.api, "load_balancers") == (1, 0))
    body = {"name": "second", "listeners": []}
    tenant.api.refused("POST", BALANCERS, 403, "quota_exceeded", json=body)
    assert [each["name"] for each in tenant.api.items(BALANCERS)] == ["front"]
    tenant.api.ok("DELETE", f"{BALANCERS}/{balancer['id']}", 204)
    eventually(lambda: quota(tenant.api, "load_balancers") == (0, 0))


@pytest.mark.services("tenants", "auth")
def test_a_closed_tenant_leaves_nothing_behind(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, 1)
    make_balancer(tenant.api, pool)
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(BALANCERS)) == list(tenant.operator.items(POOLS)) == [])


@pytest.mark.services("dns")
def test_what_the_checks_find_steers_the_names(tenant: Tenant) -> None:
    """A pool in each of two regions; the name follows the health that their checks report."""
    zone = make_zone(tenant.api)
    answers = [{"value": "192.0.2.1", "role": "primary"}, {"value": "192.0.2.2", "role": "secondary"}]
    body = {"name": "www", "type": "A", "policy": "failover", "answers": answers}
    made = tenant.api.ok("POST", records_of(zone), 201, json=body)
    pool, [backend] = make_pool(tenant.api, 1, fall=2, rise=1)
    for results, expected in (("-+-", "192.0.2.1"), ("-", "192.0.2.2"), ("+", "192.0.2.1")):
        report = {"value": "192.0.2.1", "healthy": check(tenant.api, pool, backend, results)}
        tenant.api.ok("POST", f"{records_of(zone)}/{made['id']}/health", json=report)
        assert values(resolve(tenant.api, "www.example.com")) == [expected]


@pytest.mark.services("auth")
def test_a_load_balancer_is_billed_while_it_lives_each_day_by_itself_and_once(
    tenant: Tenant, bus: Bus, fleet: FleetControl
) -> None:
    balancer = make_balancer(tenant.api, make_pool(tenant.api)[0])
    made_at = datetime.fromisoformat(balancer["created_at"])
    midnight = midnight_after(made_at)
    fleet.step_clock((midnight - made_at).total_seconds() + 60)
    # Tokens of today are no longer good, so whoever acts now logs in anew.
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)

    assert acting.ok("POST", USAGE) == {"recorded": 2}
    acting.ok("DELETE", f"{BALANCERS}/{balancer['id']}", 204)
    assert acting.ok("POST", USAGE) == {"recorded": 0}

    told = usage_of(bus, "loadbalancer", balancer, count=3)
    windows = [window(event) for event in told]
    assert windows[0][1] == windows[1][0] == midnight
    assert windows[1][1] == windows[2][0]
    began, ended = windows[0][0], windows[2][1]
    assert total(told) == Decimal((ended - began) // datetime.resolution) / 1_000_000
