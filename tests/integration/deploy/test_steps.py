"""Another flavor of an instance is a change in place: it is resized, and never made anew.

As Terraform has it where the cloud can resize: a change of `flavor_id` "resizes the existing server" (its provider for
OpenStack, `openstack_compute_instance_v2`).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import computing
from tests.support.api import Api
from tests.support.deploying import apply_plan, apply_resources, ended_apply, make_environment, make_plan, null
from tests.support.eventually import eventually
from tests.support.identities import Tenant

pytestmark = pytest.mark.services("compute")

WEB = "compute.instance.web"
NANO = {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}
SMALL = {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}


def web(flavor: str, **attributes: Any) -> dict[str, Any]:
    """An instance on a host of the tenant's own."""
    placed = {"zone": computing.ZONE, "tenancy": "dedicated", "flavor": flavor}
    return {"address": WEB, "attributes": {**placed, **attributes}}


def planned(api: Api, environment: str, *resources: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change["action"], change["address"]) for change in make_plan(api, environment, *resources)["changes"]]


def known(api: Api, environment: str) -> dict[str, Any]:
    """The instance as the environment's state has it."""
    [found] = [each for each in api.ok("GET", f"{environment}/state")["resources"] if each["address"] == WEB]
    return dict(found)


def quota_of(tenant: Tenant) -> dict[str, tuple[int, int]]:
    """What is used and what is reserved."""
    quotas = tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
    counted = ("instances", "vcpus", "memory_mib")
    return {each["resource"]: (each["used"], each["reserved"]) for each in quotas if each["resource"] in counted}


def test_another_flavor_resizes_the_instance_in_place(operator: Api, tenant: Tenant) -> None:
    # Given an instance, and what was made with its id
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant)
    user = null("user", triggers={"instance": "${compute.instance.web.id}"})
    apply_resources(tenant.api, environment, web("nano"), user)
    before = computing.read(tenant.api, known(tenant.api, environment)["id"])
    wanted = [web("small", labels={"tier": "front"}), user]
    # When it is to have another flavor, then that is a change in place, and nobody gets another id for it
    assert planned(tenant.api, environment, *wanted) == [("update", WEB)]
    done = apply_resources(tenant.api, environment, *wanted)
    assert [(step["action"], step["resource_id"]) for step in done["steps"]] == [("update", before["id"])]
    # And it is the same one, with its new size alone
    [after] = tenant.api.items(computing.INSTANCES)
    assert [after[name] for name in ("id", "node_id", "flavor", "vcpus", "state", "labels")] == [
        before["id"], before["node_id"], "small", "1", "active", {"tier": "front"}
    ]  # fmt: skip
    assert [node["id"] for node in computing.nodes_of(operator, tenant)] == [before["node_id"]]
    assert computing.used_of(operator, host["id"]) == SMALL
    eventually(lambda: quota_of(tenant) == {"instances": (1, 0), "vcpus": (1, 0), "memory_mib": (2_048, 0)})
    assert (known(tenant.api, environment)["id"], planned(tenant.api, environment, *wanted)) == (before["id"], [])


def test_where_there_is_no_room_the_apply_fails_and_the_instance_stays_as_it_was(operator: Api, tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant, millicores=500)
    apply_resources(tenant.api, environment, web("nano"))
    left = known(tenant.api, environment)
    before = computing.read(tenant.api, left["id"])

    failed = apply_plan(tenant.api, environment, web("small", labels={"tier": "front"}))

    assert failed["state"] == "failed"
    assert failed["reason"] == f"{WEB}: the host has no room for the new size"
    assert computing.read(tenant.api, left["id"]) == before
    assert computing.used_of(operator, host["id"]) == NANO
    assert known(tenant.api, environment) == left
    assert planned(tenant.api, environment, web("small")) == [("update", WEB)]
    assert planned(tenant.api, environment, web("nano")) == []


def test_a_resize_that_its_provider_refuses_fails_with_the_reason_and_taints_nothing(
    operator: Api, tenant: Tenant
) -> None:
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant)
    apply_resources(tenant.api, environment, web("nano"))
    left = known(tenant.api, environment)
    computing.plan_fault(operator, tenant, "resize_node", "unavailable", remaining=4)

    failed = apply_plan(tenant.api, environment, web("small", labels={"tier": "front"}))

    reason = f"{WEB}: it was not resized to small: nimbus: resize_node is not available"
    assert (failed["state"], failed["reason"]) == ("failed", reason)
    kept = computing.read(tenant.api, left["id"])
    assert (kept["state"], kept["flavor"], kept["labels"]) == ("active", "nano", {})
    assert computing.used_of(operator, host["id"]) == NANO
    assert known(tenant.api, environment) == left
    # And the next apply of the same configuration resizes it
    done = apply_resources(tenant.api, environment, web("small"))
    assert [(step["action"], step["resource_id"]) for step in done["steps"]] == [("update", left["id"])]
    assert computing.read(tenant.api, left["id"])["flavor"] == "small"


def test_a_flavor_with_a_smaller_disk_is_refused_and_cuts_nothing_off(operator: Api, tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    computing.create_host(operator, tenant)
    apply_resources(tenant.api, environment, web("small"))
    before = computing.read(tenant.api, known(tenant.api, environment)["id"])

    failed = apply_plan(tenant.api, environment, web("nano"))

    reason = f"{WEB}: nano has 1 GiB of disk, the instance has 20 GiB"
    assert (failed["state"], failed["reason"]) == ("failed", reason)
    assert computing.read(tenant.api, before["id"]) == before


def test_an_instance_of_no_size_or_of_two_is_refused_and_stays_as_it_was(operator: Api, tenant: Tenant) -> None:
    # Given an instance
    environment = make_environment(tenant.api)
    computing.create_host(operator, tenant)
    apply_resources(tenant.api, environment, web("nano"))
    left = known(tenant.api, environment)
    before = computing.read(tenant.api, left["id"])
    # When its flavor is left out, then the apply fails
    without = web("nano")
    del without["attributes"]["flavor"]
    failed = apply_plan(tenant.api, environment, without)
    assert (failed["state"], failed["reason"]) == ("failed", f"{WEB}: name either a flavor or a size")
    # And when it is to have a size besides, then that isn't planned: replacing it would only end it
    both = web("nano", size={"vcpus": "1", "memory_mib": 512, "disk_gib": 1})
    tenant.api.refused("POST", f"{environment}/plans", 422, "validation_failed", json={"resources": [both]})
    # And it is what it was
    assert computing.read(tenant.api, left["id"]) == before
    assert known(tenant.api, environment) == left
    assert planned(tenant.api, environment, web("nano")) == []


def test_what_somebody_else_is_deleting_is_destroyed_all_the_same(operator: Api, tenant: Tenant) -> None:
    # Given an instance that a plan destroys, and that somebody begins to delete before it is applied
    environment = make_environment(tenant.api)
    host = computing.create_host(operator, tenant)
    apply_resources(tenant.api, environment, web("nano"))
    id = known(tenant.api, environment)["id"]
    plan = make_plan(tenant.api, environment)
    computing.plan_fault(operator, tenant, "destroy_node", "latency", latency_ms=5_000)
    assert tenant.api.delete(f"{computing.INSTANCES}/{id}").status_code == 202
    # When it is applied meanwhile
    accepted = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": plan["id"]})
    assert computing.read(tenant.api, id)["state"] == "deleting"
    # Then it waits until the instance is gone
    done = ended_apply(tenant.api, accepted["id"], 30.0)
    assert (done["state"], done["reason"]) == ("succeeded", None)
    assert tenant.api.get(f"{computing.INSTANCES}/{id}").status_code == 404
    assert tenant.api.ok("GET", f"{environment}/state")["resources"] == []
    assert computing.nodes_of(operator, tenant) == []
    assert computing.used_of(operator, host["id"])["instances"] == 0
