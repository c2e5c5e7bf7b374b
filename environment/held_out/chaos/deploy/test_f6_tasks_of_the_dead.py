"""A worker that dies with several tasks in its hands."""

from __future__ import annotations

import pytest

from tests.support.deploying import DEPLOY, ended_apply, make_environment, make_plan
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

WORKER = "deploy-worker"


@pytest.mark.services("storage")
def test_every_task_of_a_dead_worker_is_given_out_again(fleet: FleetControl, tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    resources = [
        {"address": f"storage.volume.v{number}", "attributes": {"size_gib": 1, "zone": "nimbus-eu-1a"}}
        for number in range(2)
    ]
    plan = make_plan(tenant.api, environment, *resources)
    # Given two steps whose owner doesn't answer, and a worker that dies while it waits for it
    with fleet.paused("storage"):
        apply = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
        path = f"{DEPLOY}/applies/{apply['id']}"
        eventually(lambda: [step["attempts"] for step in tenant.api.ok("GET", path)["steps"]] == [1, 1])
        fleet.kill(WORKER)
    # When it is back, then the broker gives it both steps again, without anybody's handing them over
    fleet.start(WORKER)
    done = ended_apply(tenant.api, apply["id"], timeout=25.0)
    assert done["state"] == "succeeded"
    assert [(step["state"], step["dispatches"]) for step in done["steps"]] == [("done", 1)] * 2
    assert all(step["attempts"] >= 2 for step in done["steps"])
    volumes = sorted(each["name"] for each in tenant.api.items("/api/storage/v1/volumes"))
    assert volumes == ["v0", "v1"]
