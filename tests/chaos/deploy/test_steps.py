"""Steps whose worker dies at the worst moment, and steps that others have to wait for."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support import computing
from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.deploying import (
    DEPLOY,
    apply_plan,
    apply_resources,
    ended_apply,
    make_environment,
    make_plan,
    null,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows
from tests.support.tables import execute, locked_table

WORKER = "deploy-worker"
RECOVERY_SECONDS = 25.0
STEPS_OF = "SELECT id FROM deploy.apply_steps WHERE apply_id = %s FOR UPDATE"
VOLUME = {"address": "storage.volume.data", "attributes": {"size_gib": 1, "zone": "nimbus-eu-1a"}}
INSTANCE = "SELECT id FROM compute.instances WHERE id = %s FOR UPDATE"
SMALL = {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}
RESIZED_SECONDS = 40.0
ATTEMPTS_USED_UP = "UPDATE deploy.apply_steps SET attempts = 1000 WHERE apply_id = %(apply)s"
BUCKET = {"address": "storage.bucket.logs", "attributes": {"name": "step-logs"}}

pytestmark = pytest.mark.services("storage")


def begin(tenant: Tenant, environment: str, plan: dict[str, Any]) -> str:
    """The id of an apply that was accepted."""
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    return str(accepted["id"])


def steps(tenant: Tenant, apply_id: str) -> dict[str, dict[str, Any]]:
    """The steps of an apply as they are now, by address."""
    found = tenant.api.ok("GET", f"{DEPLOY}/applies/{apply_id}")["steps"]
    return {step["address"]: step for step in found}


def volumes(tenant: Tenant) -> list[str]:
    """The names of the tenant's volumes."""
    return sorted(each["name"] for each in tenant.api.items("/api/storage/v1/volumes"))


def completions(bus: Bus, tenant: Tenant, marker: str) -> Iterator[str]:
    """The types of what has been told of the tenant's steps, up to an event that is made now."""
    make_environment(tenant.api, marker)

    def is_the_marker(event: dict[str, Any]) -> bool:
        return event["tenantid"] == tenant.id and event["data"].get("name") == marker

    bus.events("deploy.events", is_the_marker)
    for event in bus.holding("deploy.events", tenant.id.encode()):
        if event["type"].startswith("deploy.step."):
            yield event["type"]


@pytest.mark.parametrize("effect", ["made", "gone"])
def test_the_end_of_a_step_is_told_with_its_note_and_once_though_its_worker_dies_before(
    fleet: FleetControl, tenant: Tenant, bus: Bus, effect: str
) -> None:
    # Given a step whose effect there is, and whose end can't be noted for a moment
    environment = make_environment(tenant.api)
    resources, before, after = ([VOLUME], 0, ["data"])
    if effect == "gone":
        apply_resources(tenant.api, environment, VOLUME)
        resources, before, after = ([], 1, [])
        eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)
    plan = make_plan(tenant.api, environment, *resources)
    with ExitStack() as ends:
        with fleet.paused("storage"):
            apply_id = begin(tenant, environment, plan)
            eventually(lambda: steps(tenant, apply_id)["storage.volume.data"]["attempts"] == 1)
            rows = ends.enter_context(held_rows(fleet, "deploy", STEPS_OF, apply_id))
        rows.wait_for(1)
        assert volumes(tenant) == after
        # Then nobody has heard of its end, which nobody could read back
        assert steps(tenant, apply_id)["storage.volume.data"]["state"] == "running"
        assert len(list(completions(bus, tenant, "while-held"))) == before
        # When its worker dies, and is back
        fleet.kill(WORKER)
    fleet.start(WORKER)
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    # Then the broker has given it out again, its effect is one, and it is told once
    (step,) = done["steps"]
    assert (done["state"], step["state"], step["attempts"], step["dispatches"]) == ("succeeded", "done", 2, 1)
    assert volumes(tenant) == after
    assert len(list(completions(bus, tenant, "at-last"))) == before + 1


def test_a_step_waits_for_the_last_one_that_it_needs(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a volume and a bucket on their way, one step that needs both and one that needs the bucket
    environment = make_environment(tenant.api)
    of_both = {**null("both"), "depends_on": ["storage.volume.data", "storage.bucket.logs"]}
    of_one = {**null("one"), "depends_on": ["storage.bucket.logs"]}
    plan = make_plan(tenant.api, environment, VOLUME, BUCKET, of_both, of_one)
    with locked_table(fleet, "storage", "volumes") as no_volumes:
        with locked_table(fleet, "storage", "buckets") as no_buckets:
            apply_id = begin(tenant, environment, plan)
            no_volumes.wait_for_somebody()
            no_buckets.wait_for_somebody()
        # When the bucket is made, and what needs it alone is done
        eventually(lambda: steps(tenant, apply_id)["null.one"]["state"] == "done")
        # Then the other one hasn't begun
        found = steps(tenant, apply_id)
        assert (found["storage.volume.data"]["state"], found["storage.bucket.logs"]["state"]) == ("running", "done")
        assert (found["null.both"]["state"], found["null.both"]["dispatches"]) == ("pending", 0)
    # And it is taken when the volume is there
    done = ended_apply(tenant.api, apply_id, timeout=RECOVERY_SECONDS)
    assert (done["state"], [step["state"] for step in done["steps"]]) == ("succeeded", ["done"] * 4)


def web(flavor: str) -> dict[str, Any]:
    placed = {"zone": computing.ZONE, "tenancy": "dedicated", "flavor": flavor}
    return {"address": "compute.instance.web", "attributes": placed}


def only_step(tenant: Tenant, apply_id: str) -> dict[str, Any]:
    """The apply's only step as it is now."""
    [step] = tenant.api.ok("GET", f"{DEPLOY}/applies/{apply_id}")["steps"]
    return dict(step)


def resizes(bus: Bus, instance_id: str) -> list[str]:
    """The flavors that the instance's resizes ended with, up to what is told of it after them: its labels are set."""
    bus.events(
        "compute.events", lambda each: (each["type"], each["subject"]) == ("compute.instance.updated", instance_id)
    )
    told = bus.holding("compute.events", instance_id.encode())
    return [each["data"]["flavor"] for each in told if each["type"] == "compute.instance.resize_ended"]


@pytest.mark.services("compute")
@pytest.mark.parametrize("moment", ["underway", "done and not noted"])
def test_a_resize_whose_worker_dies_is_taken_up_again_and_happens_once(
    fleet: FleetControl, operator: Api, tenant: Tenant, bus: Bus, moment: str
) -> None:
    # Given an instance that is being resized, and a worker that dies before its step has ended
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant)
    made = apply_resources(tenant.api, environment, web("nano"))["steps"][0]["resource_id"]
    eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)
    computing.plan_fault(operator, tenant, "resize_node", "latency", latency_ms=3_000)
    plan = make_plan(tenant.api, environment, web("small"))
    apply_id = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})["id"]
    computing.reaches(tenant.api, made, "updating")
    with ExitStack() as ends:
        if moment == "underway":
            ends.enter_context(held_rows(fleet, "compute", INSTANCE, made))
            fleet.kill(WORKER)
            before = only_step(tenant, apply_id)["attempts"]
            fleet.start(WORKER)
            # When it is delivered again while the resize is underway, and looked at once more after that
            eventually(lambda: only_step(tenant, apply_id)["attempts"] >= before + 2, RESIZED_SECONDS)
            assert only_step(tenant, apply_id)["state"] == "running"
        else:
            rows = ends.enter_context(held_rows(fleet, "deploy", STEPS_OF, apply_id))
            computing.reaches(tenant.api, made, "active")
            rows.wait_for(1)
            fleet.kill(WORKER)
            fleet.start(WORKER)
    # Then it ends well, with the same instance, which was resized once
    done = ended_apply(tenant.api, apply_id, timeout=RESIZED_SECONDS)
    assert (done["state"], done["reason"], done["steps"][0]["resource_id"]) == ("succeeded", None, made)
    [instance] = tenant.api.items(computing.INSTANCES)
    assert (instance["id"], instance["flavor"], instance["state"]) == (made, "small", "active")
    assert resizes(bus, made) == ["small"]
    assert computing.used_of(operator, host["id"]) == SMALL


@pytest.mark.services("compute")
def test_an_instance_whose_step_is_given_up_is_known_to_the_state_and_destroyed_by_the_next_apply(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given an instance that takes its time to come up
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant)
    computing.plan_fault(operator, tenant, "create_node", "latency", latency_ms=20_000)
    plan = make_plan(tenant.api, environment, web("nano"))
    apply_id = begin(tenant, environment, plan)
    made = eventually(lambda: only_step(tenant, apply_id)["resource_id"], RECOVERY_SECONDS)
    # When compute can't be asked, until the step's attempts are used up
    with fleet.paused("compute"):
        execute(fleet, ATTEMPTS_USED_UP, {"apply": apply_id})
        failed = ended_apply(tenant.api, apply_id, timeout=RESIZED_SECONDS)
    # Then the apply fails, and the state has the instance as one that isn't what it should be
    assert (failed["state"], failed["steps"][0]["resource_id"]) == ("failed", made)
    [known] = tenant.api.ok("GET", f"{environment}/state")["resources"]
    assert (known["id"], known["tainted"]) == (made, True)
    # And whoever wants nothing any more has nothing left
    assert not fleet.wait_routed()
    eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)
    eventually(lambda: computing.read(tenant.api, made)["state"] == "active", RESIZED_SECONDS)
    assert apply_plan(tenant.api, environment)["state"] == "succeeded"
    assert list(tenant.api.items(computing.INSTANCES)) == []
    assert computing.used_of(operator, host["id"])["instances"] == 0
