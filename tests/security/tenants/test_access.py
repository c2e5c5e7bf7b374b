"""A tenant sees and changes itself only, whatever it claims to be."""

import pytest

from tests.support.api import Api
from tests.support.identities import Tenant

TENANTS = "/api/tenants/v1/tenants"
PROJECTS = "/api/tenants/v1/projects"


def test_a_header_that_names_another_tenant_is_refused_and_creates_nothing_there(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Trojan horse"})
    assert list(other_tenant.api.items(PROJECTS)) == []
    assert list(tenant.api.items(PROJECTS)) == []


def test_a_header_that_names_another_tenant_reads_nothing_of_it(tenant: Tenant, other_tenant: Tenant) -> None:
    other_tenant.api.ok("POST", PROJECTS, 201, json={"name": "Secret plans"})
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    for path in (PROJECTS, "/api/tenants/v1/quotas", TENANTS, f"{TENANTS}/{other_tenant.id}"):
        intruder.refused("GET", path, 403, "forbidden")


def test_a_header_that_names_the_platform_does_not_show_all_tenants(tenant: Tenant, other_tenant: Tenant) -> None:
    tenant.api.with_headers(X_Tenant_Id="platform").refused("GET", TENANTS, 403, "forbidden")
    assert [found["id"] for found in tenant.api.items(TENANTS)] == [tenant.id]


def test_another_tenants_project_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs = other_tenant.api.ok("POST", PROJECTS, 201, json={"name": "Theirs"})
    for method, more in (("GET", {}), ("PATCH", {"json": {"name": "Ours"}}), ("DELETE", {})):
        tenant.api.refused(method, f"{PROJECTS}/{theirs['id']}", 404, "not_found", **more)
    tenant.api.refused("POST", PROJECTS, 404, "not_found", json={"name": "Below", "parent_id": theirs["id"]})
    assert other_tenant.api.ok("GET", f"{PROJECTS}/{theirs['id']}") == theirs


@pytest.mark.parametrize("action", ["suspend", "resume", "close"])
def test_a_tenants_administrator_cannot_change_its_state(tenant: Tenant, action: str) -> None:
    tenant.api.refused("POST", f"{TENANTS}/{tenant.id}/{action}", 403, "forbidden")
    assert tenant.api.ok("GET", f"{TENANTS}/{tenant.id}")["state"] == "active"


def test_a_tenants_administrator_cannot_widen_its_own_limits(tenant: Tenant) -> None:
    tenant.api.refused("PUT", "/api/tenants/v1/quotas/vcpus", 403, "forbidden", json={"limit": 10_000})
    tenant.api.refused("PATCH", f"{TENANTS}/{tenant.id}", 403, "forbidden", json={"plan": "business"})
    claim = {"resource": "vcpus", "amount": 1, "reservation_id": "x"}
    tenant.api.refused("POST", "/api/tenants/v1/quota/reservations", 403, "forbidden", json=claim)
    [quota] = [q for q in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"] if q["resource"] == "vcpus"]
    assert (quota["limit"], quota["used"], quota["reserved"], quota["version"]) == (80, 0, 0, 1)


def test_who_may_only_look_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    viewer.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Mine"})
    assert list(viewer.items(PROJECTS)) == []


def test_nobody_gets_nothing(anonymous: Api) -> None:
    anonymous.refused("GET", TENANTS, 401, "unauthenticated")
    anonymous.refused("POST", TENANTS, 401, "unauthenticated", json={"name": "Free ride"})
