"""Pools, listeners and load balancers as resources."""

from tests.support.balancing import BALANCERS, POOLS, make_balancer, make_pool


def test_a_name_is_given_once(tenant):
    pool, _ = make_pool(tenant.api)
    tenant.api.refused("POST", POOLS, 409, "load_balancer_name_taken", json={"name": "web"})
    make_balancer(tenant.api, pool)
    tenant.api.refused("POST", BALANCERS, 409, "load_balancer_name_taken", json={"name": "front", "listeners": []})
    assert len(list(tenant.api.items(POOLS))) == len(list(tenant.api.items(BALANCERS))) == 1


def test_a_pool_with_a_listener_stays(tenant):
    pool, _ = make_pool(tenant.api, 1)
    balancer = make_balancer(tenant.api, pool)
    tenant.api.refused("DELETE", pool, 409, "pool_in_use")
    tenant.api.ok("DELETE", f"{BALANCERS}/{balancer['id']}", 204)
    tenant.api.ok("DELETE", pool, 204)
    assert list(tenant.api.items(POOLS)) == []


def test_listeners_are_replaced_as_a_whole_and_each_port_once(tenant):
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


def test_a_stale_version_changes_nothing(tenant):
    pool, [backend] = make_pool(tenant.api, 1)
    path, stale = f"{pool}/backends/{backend}", {"headers": {"If-Match": '"1"'}}
    assert tenant.api.ok("PATCH", path, json={"weight": 2}, **stale)["version"] == 2
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"weight": 9}, **stale)
    assert tenant.api.ok("GET", pool)["backends"][0]["weight"] == 2


def test_pages_hold_every_pool_once(tenant):
    made = [make_pool(tenant.api, name=f"pool {number}")[0].rpartition("/")[2] for number in range(4)]
    assert [pool["id"] for pool in tenant.api.items(POOLS, limit=3)] == made
