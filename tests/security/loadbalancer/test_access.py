"""Who may see and do what in loadbalancer, and where traffic may not go."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.balancing import BALANCERS, POOLS, make_balancer, make_pool
from tests.support.identities import Tenant


def test_another_tenants_pool_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    pool, [backend] = make_pool(other_tenant.api, 1)
    tenant.api.refused("GET", pool, 404, "not_found")
    tenant.api.refused("DELETE", pool, 404, "not_found")
    tenant.api.refused("POST", f"{pool}/pick", 404, "not_found", json={})
    tenant.api.refused("DELETE", f"{pool}/backends/{backend}", 404, "not_found")
    assert list(tenant.api.items(POOLS)) == []
    assert other_tenant.api.ok("GET", pool)["backends"][0]["connections"] == 0


def test_a_listener_cannot_name_another_tenants_pool(tenant: Tenant, other_tenant: Tenant) -> None:
    pool, _ = make_pool(other_tenant.api, 1)
    listeners = [{"port": 80, "pool_id": pool.rpartition("/")[2]}]
    tenant.api.refused("POST", BALANCERS, 422, "unknown_pool", json={"name": "front", "listeners": listeners})
    assert list(tenant.api.items(BALANCERS)) == []


def test_another_tenants_load_balancer_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    balancer = make_balancer(other_tenant.api, make_pool(other_tenant.api, 1)[0])
    for method, path in (("GET", ""), ("GET", "/haproxy.cfg"), ("DELETE", "")):
        tenant.api.refused(method, f"{BALANCERS}/{balancer['id']}{path}", 404, "not_found")
    assert [each["id"] for each in other_tenant.api.items(BALANCERS)] == [balancer["id"]]


def test_a_header_that_names_another_tenant_creates_nothing_there(tenant: Tenant, other_tenant: Tenant) -> None:
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("POST", POOLS, 403, "forbidden", json={"name": "web"})
    assert list(other_tenant.api.items(POOLS)) == list(tenant.api.items(POOLS)) == []


def test_backends_cannot_lie_on_the_platforms_own_machines(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api)
    for address in ("127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "localhost", "vault.service.consul"):
        body = {"address": address, "port": 80}
        tenant.api.refused("POST", f"{pool}/backends", 422, "address_refused", json=body)
    assert tenant.api.ok("GET", pool)["backends"] == []


def test_a_name_cannot_smuggle_a_directive_into_the_configuration(tenant: Tenant) -> None:
    body = {"name": "web\n    bind :1", "listeners": []}
    tenant.api.refused("POST", BALANCERS, 422, "validation_failed", json=body)
    assert list(tenant.api.items(BALANCERS)) == []


def test_who_may_only_look_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    pool, [backend] = make_pool(tenant.api, 1)
    viewer.refused("DELETE", pool, 403, "forbidden")
    viewer.refused("POST", f"{pool}/checks", 403, "forbidden", json={"backend_id": backend, "healthy": False})
    assert viewer.ok("GET", pool)["backends"][0]["version"] == 1


def test_nobody_gets_nothing(anonymous: Api) -> None:
    anonymous.refused("GET", POOLS, 401, "unauthenticated")
