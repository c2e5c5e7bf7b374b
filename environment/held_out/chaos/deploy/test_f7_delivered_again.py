"""A step whose effect there is when it is delivered again."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.support.deploying import DEPLOY, ended_apply, make_environment, make_plan
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows

WORKER = "deploy-worker"
STEPS_OF = "SELECT id FROM deploy.apply_steps WHERE apply_id = %s FOR UPDATE"


@pytest.mark.services("storage")
def test_a_bucket_and_a_volume_that_were_made_before_their_worker_died_are_the_applys_own(
    fleet: FleetControl, tenant: Tenant
) -> None:
    environment = make_environment(tenant.api)
    bucket = {"address": "storage.bucket.logs", "attributes": {"name": "delivered-again"}}
    volume = {"address": "storage.volume.data", "attributes": {"size_gib": 2, "zone": "nimbus-eu-1a"}}
    plan = make_plan(tenant.api, environment, bucket, volume)
    with ExitStack() as ends:
        with fleet.paused("storage"):
            apply = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
            path = f"{DEPLOY}/applies/{apply['id']}"
            eventually(lambda: [step["attempts"] for step in tenant.api.ok("GET", path)["steps"]] == [1, 1])
            rows = ends.enter_context(held_rows(fleet, "deploy", STEPS_OF, apply["id"]))
        rows.wait_for(2)
        fleet.kill(WORKER)
    made = {each["id"] for each in tenant.api.items("/api/storage/v1/volumes")}
    fleet.start(WORKER)
    done = ended_apply(tenant.api, apply["id"], timeout=25.0)
    assert (done["state"], done["reason"]) == ("succeeded", None)
    ids = {step["address"]: step["resource_id"] for step in done["steps"]}
    assert ids["storage.bucket.logs"] == "delivered-again"
    assert {ids["storage.volume.data"]} == made == {each["id"] for each in tenant.api.items("/api/storage/v1/volumes")}
