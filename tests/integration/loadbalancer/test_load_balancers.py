"""Load balancers and their listeners as resources."""

from __future__ import annotations

from tests.support.balancing import BALANCERS, POOLS, make_balancer, make_pool
from tests.support.identities import Tenant


def test_a_name_is_given_once(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api)
    tenant.api.refused("POST", POOLS, 409, "load_balancer_name_taken", json={"name": "web"})
    make_balancer(tenant.api, pool)
    tenant.api.refused("POST", BALANCERS, 409, "load_balancer_name_taken", json={"name": "front", "listeners": []})
    assert len(list(tenant.api.items(POOLS))) == len(list(tenant.api.items(BALANCERS))) == 1


def test_listeners_are_replaced_as_a_whole_and_each_port_once(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api)
    balancer = make_balancer(tenant.api, pool)
    path = f"{BALANCERS}/{balancer['id']}/listeners"
    pool_id = pool.rpartition("/")[2]
    two = [{"port": port, "pool_id": pool_id} for port in (443, 80)]
    assert [each["port"] for each in tenant.api.ok("PUT", path, json={"listeners": two})["listeners"]] == [80, 443]
    twice = [{"port": 80, "pool_id": pool_id}] * 2
    tenant.api.refused("PUT", path, 422, "listener_conflict", json={"listeners": twice})
    unknown = [{"port": 80, "pool_id": "pool-0"}]
    tenant.api.refused("PUT", path, 422, "unknown_pool", json={"listeners": unknown})
    assert [each["port"] for each in tenant.api.ok("GET", f"{BALANCERS}/{balancer['id']}")["listeners"]] == [80, 443]
