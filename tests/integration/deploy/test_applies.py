"""Plans are saved, applied by the worker, and bound to the state they were made from."""

from typing import Any

import pytest

from tests.support import computing
from tests.support.api import Api
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

VOLUMES = "/api/storage/v1/volumes"


def instance(**attributes: Any) -> dict[str, Any]:
    """An instance in the tests' zone."""
    return {"address": "compute.instance.web", "attributes": {"flavor": "nano", "zone": computing.ZONE, **attributes}}


def volume(**attributes: Any) -> dict[str, Any]:
    """A volume that is small enough for any class."""
    return {"address": "storage.volume.data", "attributes": {"size_gib": 1, "zone": computing.ZONE, **attributes}}


def planned(api: Api, environment: str, *resources: dict[str, Any]) -> list[tuple[str, str]]:
    """What a plan of these resources would do."""
    return [(change["action"], change["address"]) for change in make_plan(api, environment, *resources)["changes"]]


def state_of(api: Api, environment: str) -> list[dict[str, Any]]:
    """What the environment consists of."""
    resources: list[dict[str, Any]] = api.ok("GET", f"{environment}/state")["resources"]
    return resources


def test_an_applied_plan_creates_its_resources_in_dependency_order(tenant: Tenant) -> None:
    # Given a plan of three resources, written in the wrong order
    environment = make_environment(tenant.api)
    resources = [null("app", "database", volume="${null.network.id}"), null("database", "network"), null("network")]
    plan = make_plan(tenant.api, environment, *resources)
    assert (plan["lineage"], plan["serial"]) == ("", 0)
    assert plan["summary"] == {"create": 3, "update": 0, "delete": 0}
    # When it is applied
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    assert accepted["state"] == "queued"
    done = ended_apply(tenant.api, accepted["id"])
    # Then each came after what it depends on, and the state has its first serial
    assert [step["address"] for step in done["steps"]] == ["null.network", "null.database", "null.app"]
    assert (done["state"], done["serial"]) == ("succeeded", 1)
    state = tenant.api.ok("GET", f"{environment}/state")
    assert (state["serial"], [each["address"] for each in state["resources"]]) == (
        1,
        ["null.app", "null.database", "null.network"],
    )


def test_what_is_so_already_needs_no_change_and_an_empty_plan_destroys_all_in_reverse(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    resources = [null("a"), null("b", "a")]
    apply_resources(tenant.api, environment, *resources)
    assert make_plan(tenant.api, environment, *resources)["changes"] == []
    destroyed = apply_resources(tenant.api, environment)
    assert [(step["action"], step["address"]) for step in destroyed["steps"]] == [
        ("delete", "null.b"),
        ("delete", "null.a"),
    ]
    assert tenant.api.ok("GET", f"{environment}/state")["resources"] == []
    assert [each["serial"] for each in tenant.api.ok("GET", f"{environment}/state/history")["versions"]] == [2, 1]


def test_what_is_used_by_several_is_destroyed_after_the_last_of_them(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("a"), null("b", "a"), null("c", "a", "b"))
    destroyed = apply_resources(tenant.api, environment)
    assert [step["address"] for step in destroyed["steps"]] == ["null.c", "null.b", "null.a"]
    assert tenant.api.ok("GET", f"{environment}/state")["resources"] == []


def test_a_saved_plan_is_refused_once_the_state_has_moved_on(tenant: Tenant) -> None:
    # Given two plans that were saved at serial 1
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("base"))
    stale = make_plan(tenant.api, environment)
    apply_resources(tenant.api, environment, null("base"), null("added"))
    state = tenant.api.ok("GET", f"{environment}/state")
    # When the older one is applied after the other
    problem = tenant.api.refused("POST", f"{environment}/applies", 409, "stale_plan", json={"plan_id": stale["id"]})
    # Then it is refused with both serials, nothing has changed and nothing is locked
    assert (problem["planned_serial"], problem["current_serial"]) == (1, 2)
    assert tenant.api.ok("GET", f"{environment}/state") == state
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


def test_a_saved_plan_is_refused_for_a_state_of_another_lineage_at_the_same_serial(tenant: Tenant) -> None:
    # Given a plan made at serial 1, and a state that was removed and begun anew since: at serial 1, too
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("first"))
    stale = make_plan(tenant.api, environment)
    tenant.api.ok("DELETE", f"{DEPLOY}/states/prod")
    apply_resources(tenant.api, environment, null("second"))
    state = tenant.api.ok("GET", f"{environment}/state")
    assert (state["serial"], stale["serial"]) == (1, 1)
    # When it is applied, then it is refused and the new state stays as it is
    tenant.api.refused("POST", f"{environment}/applies", 409, "stale_plan", json={"plan_id": stale["id"]})
    assert tenant.api.ok("GET", f"{environment}/state") == state


def test_a_failed_step_stops_the_apply_and_what_was_made_is_known(tenant: Tenant) -> None:
    # Given a plan whose second step the storage service will refuse
    environment = make_environment(tenant.api)
    tiny = {"size_gib": 0, "zone": "nimbus-eu-1a"}
    volume = {"address": "storage.volume.tiny", "attributes": tiny, "depends_on": ["null.a"]}
    plan = make_plan(tenant.api, environment, null("a"), volume, null("c", "a"))
    # When it is applied
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    done = ended_apply(tenant.api, accepted["id"])
    # Then it has failed with the reason, the first resource is in the state, and the lock is free
    assert done["state"] == "failed"
    assert done["reason"].startswith("storage.volume.tiny: a general volume has 1 to 16384 GiB")
    state = tenant.api.ok("GET", f"{environment}/state")
    assert "storage.volume.tiny" not in {each["address"] for each in state["resources"]}
    assert "null.a" in {each["address"] for each in state["resources"]}
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)


def test_an_apply_ends_however_much_its_refusal_has_to_say(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    bucket = {"address": "storage.bucket.b", "attributes": {"name": "a" * 1_000_000}}
    done = apply_plan(tenant.api, environment, bucket)
    assert done["state"] == "failed"
    assert len(done["reason"]) < 5_000
    assert planned(tenant.api, environment, null("a")) == [("create", "null.a")]


def test_what_is_null_is_left_out(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, volume(snapshot_id=None))
    assert planned(tenant.api, environment, volume(snapshot_id=None)) == []
    assert planned(tenant.api, environment, volume()) == []


def test_what_does_not_depend_on_a_failed_step_goes_on_and_what_does_is_skipped(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    broken = volume(size_gib=0)
    resources = [
        broken,
        null("a"),
        {**null("b"), "depends_on": ["storage.volume.data"]},
        null("c", "b"),
        null("d", "a"),
    ]
    failed = apply_plan(tenant.api, environment, *resources)
    assert failed["state"] == "failed"
    assert {step["address"]: step["state"] for step in failed["steps"]} == {
        "storage.volume.data": "failed",
        "null.a": "done",
        "null.b": "skipped",
        "null.c": "skipped",
        "null.d": "done",
    }
    assert [each["address"] for each in state_of(tenant.api, environment)] == ["null.a", "null.d"]


@pytest.mark.services("compute")
def test_an_instance_that_fails_to_come_up_fails_its_apply_and_is_replaced_by_the_next(
    operator: Api, tenant: Tenant
) -> None:
    # Given a provider that has no room for the instance
    environment = make_environment(tenant.api)
    computing.plan_fault(operator, tenant, "create_node", "out_of_capacity")
    # When it is applied, then it fails with the provider's reason, and what was made is known as tainted
    failed = apply_plan(tenant.api, environment, instance())
    (step,) = failed["steps"]
    assert (failed["state"], step["state"]) == ("failed", "failed")
    assert computing.read(tenant.api, step["resource_id"])["state"] == "failed"
    (known,) = state_of(tenant.api, environment)
    assert (known["id"], known["tainted"]) == (step["resource_id"], True)
    # And the next apply of the same configuration replaces it by one that runs
    assert planned(tenant.api, environment, instance()) == [("replace", "compute.instance.web")]
    done = apply_resources(tenant.api, environment, instance())
    assert [(step["action"], step["state"]) for step in done["steps"]] == [("delete", "done"), ("create", "done")]
    assert tenant.api.get(f"{computing.INSTANCES}/{known['id']}").status_code == 404
    (running,) = state_of(tenant.api, environment)
    assert computing.read(tenant.api, running["id"])["state"] == "active"
    assert "tainted" not in running
    assert planned(tenant.api, environment, instance()) == []


@pytest.mark.services("compute")
def test_a_destruction_that_the_provider_refuses_fails_and_the_resource_stays_known(
    operator: Api, tenant: Tenant
) -> None:
    # Given an instance that its provider won't delete
    environment = make_environment(tenant.api)
    made = apply_resources(tenant.api, environment, instance())
    id = made["steps"][0]["resource_id"]
    computing.plan_fault(operator, tenant, "destroy_node", "unavailable", remaining=20)
    # When all is destroyed, then that fails and the instance is still in the state
    failed = apply_plan(tenant.api, environment)
    assert (failed["state"], failed["steps"][0]["state"]) == ("failed", "failed")
    assert [each["id"] for each in state_of(tenant.api, environment)] == [id]
    assert planned(tenant.api, environment) == [("delete", "compute.instance.web")]


@pytest.mark.services("compute", "storage")
def test_a_volume_is_destroyed_with_the_instance_that_has_it(operator: Api, tenant: Tenant) -> None:
    # Given an instance with a volume attached, neither of which is made after the other
    environment = make_environment(tenant.api)
    made = apply_resources(tenant.api, environment, instance(), volume())
    ids = {step["address"]: step["resource_id"] for step in made["steps"]}
    path = f"{VOLUMES}/{ids['storage.volume.data']}"
    tenant.api.ok("POST", f"{path}/attach", json={"instance_id": ids["compute.instance.web"]})
    # When both are destroyed, and the instance takes its time to go
    computing.plan_fault(operator, tenant, "destroy_node", "latency", latency_ms=2_000)
    destroyed = apply_plan(tenant.api, environment)
    # Then the volume has waited for it, and both are gone
    assert (destroyed["state"], destroyed["reason"]) == ("succeeded", None)
    assert [step["state"] for step in destroyed["steps"]] == ["done", "done"]
    assert state_of(tenant.api, environment) == []
    tenant.api.refused("GET", path, 404, "not_found")


@pytest.mark.services("storage")
def test_a_replacement_whose_second_half_fails_leaves_nothing_in_the_state(tenant: Tenant) -> None:
    # Given a volume
    environment = make_environment(tenant.api)
    made = apply_resources(tenant.api, environment, volume())
    # When it is replaced by one of a class that it is too small for
    failed = apply_plan(tenant.api, environment, volume(volume_class="cold"))
    # Then the old one is gone, the state says so, and the original configuration makes it anew
    assert [(step["action"], step["state"]) for step in failed["steps"]] == [("delete", "done"), ("create", "failed")]
    assert tenant.api.get(f"{VOLUMES}/{made['steps'][0]['resource_id']}").status_code == 404
    assert state_of(tenant.api, environment) == []
    assert planned(tenant.api, environment, volume()) == [("create", "storage.volume.data")]


@pytest.mark.services("storage")
def test_what_refers_to_a_replaced_resource_is_replaced_with_its_new_id(tenant: Tenant) -> None:
    # Given a volume and what is triggered by its id
    environment = make_environment(tenant.api)
    user = null("user", triggers={"volume": "${storage.volume.data.id}"})
    first = apply_resources(tenant.api, environment, volume(), user)
    # When the volume is replaced
    second = apply_resources(tenant.api, environment, volume(volume_class="provisioned", size_gib=4), user)
    # Then whoever used it went before it and came after it
    assert [(step["action"], step["address"]) for step in second["steps"]] == [
        ("delete", "null.user"),
        ("delete", "storage.volume.data"),
        ("create", "storage.volume.data"),
        ("create", "null.user"),
    ]
    ids = [{step["address"]: step["resource_id"] for step in each["steps"]} for each in (first, second)]
    assert ids[0]["storage.volume.data"] != ids[1]["storage.volume.data"]
    assert ids[0]["null.user"] != ids[1]["null.user"]


def test_a_change_of_what_a_resource_is_made_after_is_recorded_and_orders_its_end(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("a"), null("z"))
    apply_resources(tenant.api, environment, null("a", "z"), null("z"))
    assert planned(tenant.api, environment, null("a", "z"), null("z")) == []
    destroyed = apply_resources(tenant.api, environment)
    assert [step["address"] for step in destroyed["steps"]] == ["null.a", "null.z"]


def test_a_misspelt_attribute_never_enters_a_plan(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    body = {"resources": [volume(sise_gib=5)]}
    problem = tenant.api.refused("POST", f"{environment}/plans", 422, "unknown_attribute", json=body)
    assert problem["unknown"] == ["sise_gib"]
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


@pytest.mark.services("storage")
def test_a_bucket_is_made_with_its_lifecycle_rules_and_loses_them_again(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    rule = {"id": "old", "prefix": "logs/", "expiration_days": 30}
    bucket = {"address": "storage.bucket.logs", "attributes": {"name": "env-logs", "lifecycle": [rule]}}
    apply_resources(tenant.api, environment, bucket)
    (made,) = tenant.api.items("/api/storage/v1/buckets")
    assert [each["expiration_days"] for each in made["lifecycle"]] == [30]
    apply_resources(tenant.api, environment, {**bucket, "attributes": {"name": "env-logs"}})
    (made,) = tenant.api.items("/api/storage/v1/buckets")
    assert made["lifecycle"] == []


def test_applies_are_handed_to_the_broker_without_a_failure(tenant: Tenant, fleet: FleetControl) -> None:
    """Whoever hands them over acts in no request, and notes what was sent all the same."""
    environment = make_environment(tenant.api)
    ended = apply_plan(tenant.api, environment, null("a"))
    assert ended["state"] == "succeeded"
    for service in ("deploy", "deploy-worker"):
        found = [line for line in fleet.logs(service, 400) if "no request context" in line and ended["id"] in line]
        assert found == []
