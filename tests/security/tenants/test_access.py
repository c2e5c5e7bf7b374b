"""A tenant sees and changes itself only, whatever it claims to be."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from tests.support.api import TLS, Api
from tests.support.clock import clock
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.instances import COMPOSE
from tests.support.people import new_person
from tests.support.rows import held_rows

TENANTS = "/api/tenants/v1/tenants"
PROJECTS = "/api/tenants/v1/projects"
TENANT_OF = "SELECT id FROM tenants.tenants WHERE id = %s FOR UPDATE"


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


def make_project(api: Api, name: str, parent: str | None = None) -> str:
    return api.ok("POST", PROJECTS, 201, json={"name": name, "parent_id": parent})["id"]


@pytest.mark.services("auth")
def test_a_role_in_a_project_holds_in_it_and_below_it_and_nowhere_else(tenant: Tenant) -> None:
    shop, lab = make_project(tenant.api, "Shop"), make_project(tenant.api, "Lab")
    stage = make_project(tenant.api, "Stage", shop)
    api = new_person(tenant, "tenant-admin", scope=f"project:{shop}").api()
    # It is read, changed and divided by who administers it
    assert sorted(each["id"] for each in api.items(PROJECTS)) == sorted([shop, stage])
    assert api.ok("GET", f"{PROJECTS}/{stage}/quotas")["items"] == []
    assert api.ok("PATCH", f"{PROJECTS}/{stage}", json={"name": "Staging"})["name"] == "Staging"
    below = make_project(api, "Deeper", stage)
    api.ok("DELETE", f"{PROJECTS}/{below}", 204)
    # And nothing beside or above it
    api.refused("GET", f"{PROJECTS}/{lab}", 403, "forbidden")
    api.refused("GET", f"{PROJECTS}/{lab}/quotas", 403, "forbidden")
    api.refused("PATCH", f"{PROJECTS}/{lab}", 403, "forbidden", json={"name": "Mine"})
    api.refused("DELETE", f"{PROJECTS}/{lab}", 403, "forbidden")
    api.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Top"})
    api.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Other", "parent_id": lab})
    api.refused("PATCH", f"{PROJECTS}/{stage}", 403, "forbidden", json={"parent_id": lab})
    api.refused("PATCH", f"{PROJECTS}/{stage}", 403, "forbidden", json={"parent_id": None})
    api.refused("GET", "/api/tenants/v1/quotas", 403, "forbidden")
    names = {each["id"]: (each["name"], each["parent_id"]) for each in tenant.api.items(PROJECTS)}
    assert names == {shop: ("Shop", None), lab: ("Lab", None), stage: ("Staging", shop)}


@pytest.mark.services("auth")
def test_nothing_is_made_in_a_project_that_was_moved_away_meanwhile(fleet: FleetControl, tenant: Tenant) -> None:
    shop, lab = make_project(tenant.api, "Shop"), make_project(tenant.api, "Lab")
    stage = make_project(tenant.api, "Stage", shop)
    api = new_person(tenant, "tenant-admin", scope=f"project:{shop}").api()
    with ThreadPoolExecutor(2) as threads:
        with held_rows(fleet, "tenants", TENANT_OF, tenant.id) as rows:
            moved = threads.submit(tenant.api.patch, f"{PROJECTS}/{stage}", json={"parent_id": lab})
            rows.wait_for(1)
            made = threads.submit(api.post, PROJECTS, json={"name": "Deeper", "parent_id": stage})
            rows.wait_for(2)
        assert (moved.result().status_code, made.result().status_code) == (200, 403)
    assert sorted(each["id"] for each in tenant.api.items(PROJECTS)) == sorted([shop, lab, stage])


@pytest.mark.services("auth")
def test_a_viewer_of_a_project_looks_and_changes_nothing(tenant: Tenant) -> None:
    shop = make_project(tenant.api, "Shop")
    api = new_person(tenant, "viewer", scope=f"project:{shop}").api()
    assert api.ok("GET", f"{PROJECTS}/{shop}")["name"] == "Shop"
    api.refused("PATCH", f"{PROJECTS}/{shop}", 403, "forbidden", json={"name": "Mine"})
    api.refused("POST", PROJECTS, 403, "forbidden", json={"name": "Below", "parent_id": shop})
    api.refused("DELETE", f"{PROJECTS}/{shop}", 403, "forbidden")
    assert [each["name"] for each in tenant.api.items(PROJECTS)] == ["Shop"]


@pytest.mark.services("auth")
def test_a_saved_answer_is_not_given_to_who_lost_the_project(tenant: Tenant) -> None:
    shop = make_project(tenant.api, "Shop")
    person = new_person(tenant, "tenant-admin", scope=f"project:{shop}")
    api, keyed = person.api(), {"Idempotency-Key": "once"}
    body = {"name": "Below", "parent_id": shop}
    api.ok("POST", PROJECTS, 201, json=body, headers=keyed)
    [grant] = tenant.api.items("/api/auth/v1/grants", subject=person.id)
    tenant.api.ok("DELETE", f"/api/auth/v1/grants/{grant['id']}", 204)
    eventually(lambda: api.get(PROJECTS).status_code == 403, 30.0)
    api.refused("POST", PROJECTS, 403, "forbidden", json=body, headers=keyed)


def test_a_project_that_was_changed_meanwhile_is_not_deleted(tenant: Tenant) -> None:
    shop = make_project(tenant.api, "Shop")
    tenant.api.ok("PATCH", f"{PROJECTS}/{shop}", json={"name": "Store"})
    stale, right = {"If-Match": '"1"'}, {"If-Match": '"2"'}
    tenant.api.refused("DELETE", f"{PROJECTS}/{shop}", 412, "version_conflict", headers=stale)
    tenant.api.ok("DELETE", f"{PROJECTS}/{shop}", 204, headers=right)


def identity_key() -> str:
    """The key that the gateway signs identities with: the environment's, else the compose file's own."""
    default = re.search(r"IDENTITY_SIGNING_KEY:-([^}]+)}", COMPOSE.read_text())
    return os.environ.get("IDENTITY_SIGNING_KEY") or (default[1] if default else "")


@pytest.mark.parametrize(
    ("changed", "algorithm"),
    [({"aud": "somebody-elses-services"}, "HS256"), ({}, "HS512"), ({}, "none")],
    ids=["audience", "algorithm", "unsigned"],
)
def test_a_service_takes_no_identity_that_is_for_somebody_else_or_chooses_its_algorithm(
    tenant: Tenant, fleet: FleetControl, changed: dict[str, Any], algorithm: str
) -> None:
    host, port = fleet.address("tenants:8002")
    issued = int(clock.services_now().timestamp())
    claims = {
        "iss": "omnicloud-gateway", "aud": "omnicloud-services", "iat": issued, "exp": issued + 60,
        "sub": "u-1", "tid": tenant.id, "kind": "user", "grants": [["tenant-admin", "tenant"]],
    }  # fmt: skip

    def asked(claims: dict[str, Any], algorithm: str) -> httpx.Response:
        key = "" if algorithm == "none" else identity_key()
        headers = {"X-Omnicloud-Identity": jwt.encode(claims, key, algorithm), "Host": "tenants.service.consul"}
        return httpx.get(f"http://{host}:{port}/v1/projects", headers=headers, verify=TLS)

    assert asked(claims, "HS256").status_code == 200
    refused = asked({**claims, **changed}, algorithm)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
