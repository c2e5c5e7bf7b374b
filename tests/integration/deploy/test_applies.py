"""Plans are saved, applied by the worker, and bound to the state they were made from."""

from tests.support.deploying import (
    DEPLOY,
    apply_resources,
    ended_apply,
    make_environment,
    make_plan,
    null,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant


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
    volume = {"address": "storage.volume.tiny", "attributes": {"size_gib": 0, "zone": "z"}, "depends_on": ["null.a"]}
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
