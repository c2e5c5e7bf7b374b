"""Load balancers among their neighbours."""

import pytest

from tests.support.balancing import BALANCERS, POOLS, check, make_balancer, make_pool
from tests.support.eventually import eventually
from tests.support.identities import create_tenant
from tests.support.zones import make_zone, quota, records_of, resolve, values


@pytest.mark.services("tenants", "auth")
def test_load_balancers_count_against_the_quota_and_come_back(operator):
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
def test_a_closed_tenant_leaves_nothing_behind(tenant):
    pool, _ = make_pool(tenant.api, 1)
    make_balancer(tenant.api, pool)
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: list(tenant.operator.items(BALANCERS)) == list(tenant.operator.items(POOLS)) == [])


@pytest.mark.services("dns")
def test_what_the_checks_find_steers_the_names(tenant):
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
