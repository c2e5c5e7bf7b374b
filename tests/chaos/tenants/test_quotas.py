"""Operations that meet at the same limits at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant
from tests.support.rows import held_rows

RESERVATIONS = "/api/tenants/v1/quota/reservations"
PROJECTS = "/api/tenants/v1/projects"
QUOTAS = "/api/tenants/v1/quotas"
RESOURCE = "deployments"
"""No service counts these, so nobody else touches the limits."""
LIMIT_OF = "SELECT id FROM tenants.quotas WHERE tenant_id = %s AND resource = %s AND project_id = %s FOR UPDATE"
DEADLOCK_SECONDS = 1.5
"""Longer than the database waits before it looks for a deadlock."""


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    return create_tenant(operator, quotas={RESOURCE: 9})


def project(tenant: Tenant, name: str, limit: int, parent: str | None = None) -> str:
    """A project with a limit of its own."""
    made = tenant.api.ok("POST", PROJECTS, 201, json={"name": name, "parent_id": parent})["id"]
    tenant.api.ok("PUT", f"{PROJECTS}/{made}/quotas/{RESOURCE}", json={"limit": limit})
    return str(made)


@pytest.mark.parametrize("step", ["", "/commit", "/release"])
def test_a_claim_in_a_project_and_a_change_of_the_tenants_limit_wait_for_each_other_and_both_succeed(
    fleet: FleetControl, tenant: Tenant, step: str
) -> None:
    # Given a project within another one, and a claim in it
    outer = project(tenant, "Shop", 5)
    inner = project(tenant, "Till", 3, outer)
    claim = {"resource": RESOURCE, "amount": 1, "reservation_id": "a", "project_id": inner}
    tenant.operator.ok("POST", RESERVATIONS, 201, json=claim)
    path, body = (f"{RESERVATIONS}/a{step}", None) if step else (RESERVATIONS, {**claim, "reservation_id": "b"})
    with ThreadPoolExecutor(2) as threads:
        with held_rows(fleet, "tenants", LIMIT_OF, tenant.id, RESOURCE, inner) as rows:
            # When it is settled, or another one made, and holds some of the limits while it waits for the last
            claimed = threads.submit(tenant.operator.post, path, json=body)
            rows.wait_for(1)
            # And the tenant's limit is changed meanwhile
            changed = threads.submit(tenant.operator.put, f"{QUOTAS}/{RESOURCE}", json={"limit": 8})
            rows.wait_for(2, seconds=DEADLOCK_SECONDS)
        # Then neither was in the other's way for longer than it took
        assert (claimed.result().status_code, changed.result().status_code) == (200 if step else 201, 200)
    [found] = [each for each in tenant.operator.ok("GET", QUOTAS)["items"] if each["resource"] == RESOURCE]
    held = {"": (0, 2), "/commit": (1, 0), "/release": (0, 0)}[step]
    assert (found["limit"], found["used"], found["reserved"]) == (8, *held)


@pytest.mark.services("compliance")
@pytest.mark.parametrize("change", ["create", "update"])
def test_claims_are_made_while_nobody_decides_on_a_project(fleet: FleetControl, tenant: Tenant, change: str) -> None:
    made = tenant.api.ok("POST", PROJECTS, 201, json={"name": "Shop"})["id"]
    method, path = ("POST", PROJECTS) if change == "create" else ("PATCH", f"{PROJECTS}/{made}")
    with fleet.paused("compliance"), ThreadPoolExecutor(1) as threads:
        asked = threads.submit(tenant.api.request, method, path, json={"name": "Till"})
        for number in range(9):
            claim = {"resource": RESOURCE, "amount": 1, "reservation_id": f"r-{number}"}
            tenant.operator.ok("POST", RESERVATIONS, 201, json=claim)
            tenant.operator.ok("POST", f"{RESERVATIONS}/r-{number}/release")
        assert not asked.done(), "it is still waiting"
    assert asked.result().status_code in (200, 201, 503)
