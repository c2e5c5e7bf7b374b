"""Keys under which services ask each other: nobody else can use them up, though they knew them beforehand."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.calls.sending import connect
from tests.support.computing import INSTANCES, ZONE, create, create_host, is_gone, reaches
from tests.support.deploying import apply_resources, ended_apply, make_environment, make_plan
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.zones import quota

pytestmark = pytest.mark.timeout(240)

WORKER = "deploy-worker"
RECOVERY_SECONDS = 60.0


def spend(tenant: Tenant, key: str, method: str, path: str, status: int, body: dict[str, str]) -> None:
    """Have the tenant do something under the key, as soon as its service is there."""
    headers = {"Idempotency-Key": key}
    eventually(lambda: (tenant.api.ok(method, path, status, json=body, headers=headers),), timeout=20)


@pytest.mark.services("deploy", "compute")
def test_a_step_is_carried_out_though_a_tenant_has_spent_its_key(tenant: Tenant, fleet: FleetControl) -> None:
    # Given a resize that is about to begin
    create_host(tenant.operator, tenant)
    environment = make_environment(tenant.api)
    placed = {"zone": ZONE, "tenancy": "dedicated", "flavor": "nano"}
    web = {"address": "compute.instance.web", "attributes": placed}
    made = apply_resources(tenant.api, environment, web)["steps"][0]["resource_id"]
    eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)
    fleet.kill(WORKER)
    larger = {**web, "attributes": {**placed, "flavor": "small"}}
    plan = make_plan(tenant.api, environment, larger)
    apply_id = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})["id"]
    # When somebody who knows its key has used it, and what it is kept under, for something else
    with closing(connect(fleet, "deploy")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM apply_steps WHERE apply_id = %s", (apply_id,))
        [(step,)] = cursor.fetchall()
    keys = [prefix + step + suffix for prefix in ("", "service:deploy/") for suffix in ("", ":resize")]
    for key in keys:
        body = {"name": f"group {len(key)}", "policy": "affinity"}
        spend(tenant, key, "POST", "/api/compute/v1/server-groups", 201, body)
    fleet.start(WORKER)
    # Then it is carried out all the same
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    assert (done["state"], done["reason"], done["steps"][0]["resource_id"]) == ("succeeded", None, made)
    [instance] = tenant.api.items(INSTANCES)
    assert (instance["id"], instance["flavor"], instance["state"]) == (made, "small", "active")


@pytest.mark.services("compute", "tenants")
def test_quotas_are_settled_though_a_tenant_has_spent_every_key_that_is_made_of_public_names(
    tenant: Tenant,
) -> None:
    create_host(tenant.operator, tenant)
    instance = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "active", RECOVERY_SECONDS)
    id, version = instance["id"], instance["version"]
    names = [f"{id}.{name}" for name in ("instances", "vcpus", "memory_mib", version + 1)]
    keys = [step + name for name in names for step in ("", "commit:", "release:")]
    project = tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "project"})
    path = f"/api/tenants/v1/projects/{project['id']}"
    for key in [prefix + key for prefix in ("", "service:compute/") for key in keys]:
        spend(tenant, key, "PATCH", path, 200, {"name": f"project {key[-40:]}"})

    tenant.api.ok("POST", f"{INSTANCES}/{id}/resize", 202, json={"flavor": "small"})
    assert reaches(tenant.api, id, "active", RECOVERY_SECONDS)["flavor"] == "small"
    eventually(lambda: quota(tenant.operator, "memory_mib") == (2_048, 0), RECOVERY_SECONDS)

    tenant.api.ok("DELETE", f"{INSTANCES}/{id}", 202)
    is_gone(tenant.api, id, RECOVERY_SECONDS)
    counted = ("instances", "vcpus", "memory_mib")
    eventually(lambda: [quota(tenant.operator, name) for name in counted] == [(0, 0)] * 3, RECOVERY_SECONDS)
