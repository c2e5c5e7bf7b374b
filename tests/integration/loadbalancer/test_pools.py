"""Pools as resources."""

from __future__ import annotations

from tests.support.balancing import BALANCERS, POOLS, make_balancer, make_pool
from tests.support.identities import Tenant


def test_a_pool_with_a_listener_stays(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, 1)
    balancer = make_balancer(tenant.api, pool)
    tenant.api.refused("DELETE", pool, 409, "pool_in_use")
    tenant.api.ok("DELETE", f"{BALANCERS}/{balancer['id']}", 204)
    tenant.api.ok("DELETE", pool, 204)
    assert list(tenant.api.items(POOLS)) == []


def test_pages_hold_every_pool_once(tenant: Tenant) -> None:
    made = [make_pool(tenant.api, name=f"pool {number}")[0].rpartition("/")[2] for number in range(4)]
    assert [pool["id"] for pool in tenant.api.items(POOLS, limit=3)] == made
