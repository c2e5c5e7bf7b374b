"""A claim far below the tenant, and a change far above it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import create_tenant
from tests.support.rows import held_rows

RESERVATIONS = "/api/tenants/v1/quota/reservations"
PROJECTS = "/api/tenants/v1/projects"
QUOTAS = "/api/tenants/v1/quotas"
LIMIT_OF = "SELECT id FROM tenants.quotas WHERE tenant_id = %s AND resource = %s AND project_id = %s FOR UPDATE"


def test_a_claim_three_projects_deep_and_a_lower_limit_both_go_through(fleet: FleetControl, operator: Api) -> None:
    resource = "deployments"
    tenant = create_tenant(operator, quotas={resource: 20})
    parent, projects = None, []
    for depth in range(3):
        made = tenant.api.ok("POST", PROJECTS, 201, json={"name": f"level {depth}", "parent_id": parent})
        parent = made["id"]
        projects.append(parent)
        tenant.api.ok("PUT", f"{PROJECTS}/{parent}/quotas/{resource}", json={"limit": 9 - depth})
    claim = {"resource": resource, "amount": 4, "reservation_id": "deep", "project_id": projects[-1]}
    with ThreadPoolExecutor(2) as threads:
        with held_rows(fleet, "tenants", LIMIT_OF, tenant.id, resource, projects[-1]) as rows:
            claimed = threads.submit(tenant.operator.post, RESERVATIONS, json=claim)
            rows.wait_for(1)
            lowered = threads.submit(tenant.operator.put, f"{QUOTAS}/{resource}", json={"limit": 12})
            rows.wait_for(2, seconds=1.5)
        assert (claimed.result().status_code, lowered.result().status_code) == (201, 200)
    for path in (QUOTAS, *(f"{PROJECTS}/{project}/quotas" for project in projects)):
        [found] = [each for each in tenant.operator.ok("GET", path)["items"] if each["resource"] == resource]
        assert found["reserved"] == 4
