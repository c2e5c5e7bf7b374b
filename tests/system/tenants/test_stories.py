"""Tenants, from their first to their last day."""

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant
from tests.support.people import new_person

pytestmark = pytest.mark.services("auth")

TENANTS = "/api/tenants/v1/tenants"
PROJECTS = "/api/tenants/v1/projects"
RESERVATIONS = "/api/tenants/v1/quota/reservations"


def claim(name: str, amount: int, project: str | None = None) -> dict[str, object]:
    return {"resource": "vcpus", "amount": amount, "reservation_id": name, "project_id": project}


def available(tenant: Tenant, project: str | None = None) -> int:
    path = f"{PROJECTS}/{project}/quotas" if project else "/api/tenants/v1/quotas"
    [quota] = [quota for quota in tenant.operator.ok("GET", path)["items"] if quota["resource"] == "vcpus"]
    return quota["available"]


def test_a_tenant_outgrows_its_plan_and_divides_the_next_one(operator: Api) -> None:
    tenant = create_tenant(operator, plan="free")
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-1", 4))
    tenant.operator.refused("POST", RESERVATIONS, 403, "quota_exceeded", json=claim("i-2", 1))
    tenant.operator.ok("PATCH", f"{TENANTS}/{tenant.id}", json={"plan": "team"})
    assert available(tenant) == 76
    shop = tenant.api.ok("POST", PROJECTS, 201, json={"name": "Shop"})["id"]
    stage = tenant.api.ok("POST", PROJECTS, 201, json={"name": "Stage", "parent_id": shop})["id"]
    tenant.api.ok("PUT", f"{PROJECTS}/{shop}/quotas/vcpus", json={"limit": 50})
    tenant.api.ok("PUT", f"{PROJECTS}/{stage}/quotas/vcpus", json={"limit": 20})
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-2", 20, stage))
    assert (available(tenant, stage), available(tenant, shop), available(tenant)) == (0, 30, 56)
    tenant.operator.ok("POST", f"{RESERVATIONS}/i-2/release")
    assert (available(tenant, stage), available(tenant, shop), available(tenant)) == (20, 50, 76)


def test_a_suspended_tenant_stands_still_and_goes_on_where_it_stopped(tenant: Tenant) -> None:
    person = new_person(tenant, "tenant-admin")
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim("i-1", 4))
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(lambda: person.try_log_in().json().get("code") == "tenant_suspended", interval=0.2)
    tenant.operator.refused("POST", RESERVATIONS, 403, "tenant_not_active", json=claim("i-2", 1))
    tenant.operator.refused("POST", PROJECTS, 403, "tenant_not_active", json={"name": "Shop"})
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    eventually(lambda: person.try_log_in().status_code == 200, interval=0.2)
    assert available(tenant) == 76
    person.api().ok("POST", PROJECTS, 201, json={"name": "Shop"})


def test_a_closed_tenant_is_over_for_good_and_keeps_its_name(operator: Api, tenant: Tenant) -> None:
    person = new_person(tenant, "tenant-admin")
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/close")
    eventually(lambda: person.try_log_in().json().get("code") == "tenant_closed", interval=0.2)
    for action in ("suspend", "resume", "close"):
        tenant.operator.refused("POST", f"{TENANTS}/{tenant.id}/{action}", 409, "illegal_transition")
    tenant.operator.refused("POST", RESERVATIONS, 403, "tenant_not_active", json=claim("i-1", 1))
    body = {"email": "late@example.test", "password": "violet harbour 42"}
    tenant.operator.refused("POST", "/api/auth/v1/users", 403, "tenant_closed", json=body)
    operator.refused("POST", TENANTS, 409, "name_taken", json={"name": tenant.name})
