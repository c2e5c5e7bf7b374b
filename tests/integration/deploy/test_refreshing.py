"""What was changed outside is read before anything is planned, shown, and put right or taken over by an apply.

As Terraform has it: https://developer.hashicorp.com/terraform/cli/commands/plan#planning-modes
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import computing
from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.deploying import (
    APPLY_SECONDS,
    apply_resources,
    ended_apply,
    make_environment,
    make_plan,
    null,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

VOLUMES = "/api/storage/v1/volumes"
BUCKETS = "/api/storage/v1/buckets"


def instance(**attributes: Any) -> dict[str, Any]:
    return {"address": "compute.instance.web", "attributes": {"flavor": "nano", "zone": computing.ZONE, **attributes}}


def volume(**attributes: Any) -> dict[str, Any]:
    return {"address": "storage.volume.data", "attributes": {"size_gib": 1, "zone": computing.ZONE, **attributes}}


def refresh_only(api: Api, environment: str) -> dict[str, Any]:
    plan: dict[str, Any] = api.ok("POST", f"{environment}/plans", 201, json={"mode": "refresh_only"})
    return plan


def applied(api: Api, environment: str, plan: dict[str, Any]) -> dict[str, Any]:
    """The end of a saved plan's apply, once its environment is free again."""
    accepted = api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    done = ended_apply(api, accepted["id"], APPLY_SECONDS)
    eventually(lambda: api.ok("GET", f"{environment}/lock")["locked"] is False)
    return done


def steps(changes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(change["action"], change["address"]) for change in changes]


def ids(api: Api, environment: str) -> dict[str, str]:
    return {each["address"]: each["id"] for each in api.ok("GET", f"{environment}/state")["resources"]}


def test_what_was_changed_outside_is_shown_and_put_right_by_an_apply(tenant: Tenant) -> None:
    # Given an instance that somebody renames and relabels
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, instance(labels={"tier": "front"}))
    path = f"{computing.INSTANCES}/{ids(tenant.api, environment)['compute.instance.web']}"
    tenant.api.ok("PATCH", path, json={"name": "somebody-elses", "labels": {}})

    plan = make_plan(tenant.api, environment, instance(labels={"tier": "front"}))

    # Then the plan shows what was found, and the way back
    [drift] = plan["resource_drift"]
    assert (drift["action"], drift["before"]["attributes"]["labels"]) == ("update", {"tier": "front"})
    assert (drift["after"]["attributes"]["name"], drift["after"]["attributes"]["labels"]) == ("somebody-elses", {})
    assert steps(plan["changes"]) == [("update", "compute.instance.web")]
    assert applied(tenant.api, environment, plan)["state"] == "succeeded"
    put_right = tenant.api.ok("GET", path)
    assert (put_right["name"], put_right["labels"]) == ("web", {"tier": "front"})
    settled = make_plan(tenant.api, environment, instance(labels={"tier": "front"}))
    assert (settled["changes"], settled["resource_drift"]) == ([], [])


def test_what_was_removed_outside_is_made_again_with_all_that_refers_to_it(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    wanted = [volume(), null("uses", triggers="${storage.volume.data.id}")]
    apply_resources(tenant.api, environment, *wanted)
    gone = ids(tenant.api, environment)["storage.volume.data"]
    tenant.api.ok("DELETE", f"{VOLUMES}/{gone}")

    plan = make_plan(tenant.api, environment, *wanted)

    assert steps(plan["resource_drift"]) == [("delete", "storage.volume.data")]
    assert steps(plan["changes"]) == [("create", "storage.volume.data"), ("replace", "null.uses")]
    assert applied(tenant.api, environment, plan)["state"] == "succeeded"
    made = ids(tenant.api, environment)["storage.volume.data"]
    assert made != gone
    assert tenant.api.ok("GET", f"{VOLUMES}/{made}")["state"] == "active"


def test_a_plan_that_only_refreshes_takes_over_what_it_finds_and_touches_nothing(tenant: Tenant, bus: Bus) -> None:
    # Given a volume that somebody grows, and a bucket that somebody removes
    environment = make_environment(tenant.api)
    bucket = {"address": "storage.bucket.logs", "attributes": {"name": "logs", "versioning": "enabled"}}
    apply_resources(tenant.api, environment, volume(), bucket)
    grown = ids(tenant.api, environment)["storage.volume.data"]
    tenant.api.ok("PATCH", f"{VOLUMES}/{grown}", json={"size_gib": 2})
    tenant.api.ok("DELETE", f"{BUCKETS}/logs")

    plan = refresh_only(tenant.api, environment)

    # Then it shows both, and its apply writes them into the state alone
    assert (plan["mode"], plan["changes"]) == ("refresh_only", [])
    assert steps(plan["resource_drift"]) == [("delete", "storage.bucket.logs"), ("update", "storage.volume.data")]
    [event] = bus.of_subject("deploy.events", plan["id"], count=1)
    assert (event["data"]["mode"], event["data"]["drifted"], event["data"]["update"]) == ("refresh_only", 2, 0)
    done = applied(tenant.api, environment, plan)
    assert (done["state"], done["steps"]) == ("succeeded", [])
    state = tenant.api.ok("GET", f"{environment}/state")
    assert state["serial"] == plan["serial"] + 1
    [kept] = state["resources"]
    assert (kept["id"], kept["attributes"]["size_gib"]) == (grown, 2)
    # And whoever wants it as it is now has nothing to do
    assert make_plan(tenant.api, environment, volume(size_gib=2))["changes"] == []
    assert refresh_only(tenant.api, environment)["resource_drift"] == []


def test_without_refreshing_the_state_is_believed(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, volume())
    tenant.api.ok("DELETE", f"{VOLUMES}/{ids(tenant.api, environment)['storage.volume.data']}")

    body = {"resources": [volume()], "refresh": False}
    plan = tenant.api.ok("POST", f"{environment}/plans", 201, json=body)

    assert (plan["changes"], plan["resource_drift"]) == ([], [])


def test_versioning_that_is_taken_out_of_a_configuration_is_suspended(tenant: Tenant) -> None:
    # Given a bucket that is versioned
    environment = make_environment(tenant.api)
    logs = {"address": "storage.bucket.logs", "attributes": {"name": "logs", "versioning": "enabled"}}
    apply_resources(tenant.api, environment, logs)
    # When its configuration says nothing of versions any more
    plain = {"address": "storage.bucket.logs", "attributes": {"name": "logs"}}
    plan = make_plan(tenant.api, environment, plain)
    assert steps(plan["changes"]) == [("update", "storage.bucket.logs")]
    assert applied(tenant.api, environment, plan)["state"] == "succeeded"
    # Then it keeps none from now on, and there is nothing left to do
    assert tenant.api.ok("GET", f"{BUCKETS}/logs")["versioning"] == "suspended"
    assert make_plan(tenant.api, environment, plain)["changes"] == []


def test_what_was_only_written_otherwise_has_not_drifted(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    rule = {"id": "old", "prefix": "logs/", "expiration_days": 30}
    size = {"vcpus": "0.50", "memory_mib": 256, "disk_gib": 1}
    wanted = [
        {"address": "compute.instance.custom", "attributes": {"size": size, "zone": computing.ZONE}},
        {"address": "storage.bucket.logs", "attributes": {"name": "rules", "lifecycle": [rule]}},
        volume(),
        null("n", triggers={"a": 1}),
    ]
    apply_resources(tenant.api, environment, *wanted)

    plan = make_plan(tenant.api, environment, *wanted)

    assert (plan["changes"], plan["resource_drift"]) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "normal"},
        {"mode": "refresh_only", "resources": []},
        {"mode": "refresh_only", "refresh": False},
        {"mode": "destroy"},
        {"resources": [], "refresh": None},
    ],
)
def test_options_that_contradict_each_other_are_refused(tenant: Tenant, body: dict[str, Any]) -> None:
    environment = make_environment(tenant.api)
    tenant.api.refused("POST", f"{environment}/plans", 422, "validation_failed", json=body)
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False
