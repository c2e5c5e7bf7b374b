"""Whoever hears of a step's end finds it ended."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.deploying import DEPLOY, ended_apply, make_environment, make_plan
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows
from tests.support.tables import locked_table

WORKER = "deploy-worker"
STEPS_OF = "SELECT id FROM deploy.apply_steps WHERE apply_id = %s FOR UPDATE"


@pytest.mark.services("storage")
def test_a_step_that_is_held_up_at_its_end_is_not_told_to_be_done(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    environment = make_environment(tenant.api)
    bucket = {"address": "storage.bucket.logs", "attributes": {"name": "read-back"}}
    plan = make_plan(tenant.api, environment, bucket)
    with ExitStack() as ends:
        with fleet.paused("storage"):
            apply = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
            path = f"{DEPLOY}/applies/{apply['id']}"
            eventually(lambda: tenant.api.ok("GET", path)["steps"][0]["attempts"] == 1)
            rows = ends.enter_context(held_rows(fleet, "deploy", STEPS_OF, apply["id"]))
        rows.wait_for(1)
        make_environment(tenant.api, "afterwards")
        bus.events("deploy.events", lambda event: told(event, tenant) and event["data"].get("name") == "afterwards")
        heard = [event for event in bus.holding("deploy.events", apply["id"].encode()) if told(event, tenant)]
        (step,) = tenant.api.ok("GET", path)["steps"]
        assert step["state"] == "running"
        assert [event["data"]["address"] for event in heard if event["type"] == "deploy.step.completed"] == []
    done = ended_apply(tenant.api, apply["id"], timeout=25.0)
    assert done["state"] == "succeeded"
    assert [event["data"]["resource_id"] for event in completions(bus, apply["id"])] == ["read-back"]


@pytest.mark.services("storage")
def test_a_step_that_can_not_be_told_of_is_not_done_and_is_told_of_by_who_takes_it_next(
    fleet: FleetControl, tenant: Tenant, bus: Bus
) -> None:
    environment = make_environment(tenant.api)
    bucket = {"address": "storage.bucket.logs", "attributes": {"name": "told-later"}}
    plan = make_plan(tenant.api, environment, bucket)
    with ExitStack() as ends:
        with fleet.paused("storage"):
            apply = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
            path = f"{DEPLOY}/applies/{apply['id']}"
            eventually(lambda: tenant.api.ok("GET", path)["steps"][0]["attempts"] == 1)
            bus.events("deploy.events", lambda event: is_start_of(event, apply["id"]))
            table = ends.enter_context(locked_table(fleet, "deploy"))
        # Given a worker that dies when it is about to tell
        table.wait_for_somebody()
        fleet.kill(WORKER)
    fleet.start(WORKER)
    # Then the next one tells
    done = ended_apply(tenant.api, apply["id"], timeout=25.0)
    (step,) = done["steps"]
    assert (done["state"], step["state"], step["attempts"]) == ("succeeded", "done", 2)
    assert [event["data"]["address"] for event in completions(bus, apply["id"])] == ["storage.bucket.logs"]


def completions(bus: Bus, apply_id: str) -> list[dict[str, Any]]:
    """What was told of the steps of an apply that has ended, up to its end."""

    def is_end(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "deploy.apply.succeeded" and event["subject"] == apply_id)

    bus.events("deploy.events", is_end)
    told = bus.holding("deploy.events", apply_id.encode())
    return [event for event in told if event["type"] == "deploy.step.completed"]


def is_start_of(event: dict[str, Any], apply_id: str) -> bool:
    return bool(event["type"] == "deploy.apply.started" and event["subject"] == apply_id)


def told(event: dict[str, Any], tenant: Tenant) -> bool:
    return bool(event["tenantid"] == tenant.id)
