"""The life of an instance against its provider."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.computing import (
    FAULTS,
    INSTANCES,
    ZONE,
    create,
    create_host,
    custom,
    dedicated,
    is_gone,
    nodes_of,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

NANO = {"instances": (1, 0), "vcpus": (1, 0), "memory_mib": (128, 0)}
NOTHING = {"instances": (0, 0), "vcpus": (0, 0), "memory_mib": (0, 0)}


def quota_of(tenant: Tenant) -> dict[str, tuple[int, int]]:
    """What the tenant has used of the quotas of compute, and what is reserved beside that."""
    quotas = tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
    return {quota["resource"]: (quota["used"], quota["reserved"]) for quota in quotas if quota["resource"] in NANO}


def test_an_instance_becomes_active_in_the_zone_asked_for_and_runs_at_the_provider(
    operator: Api, tenant: Tenant
) -> None:
    created = create(tenant.api, name="web 1", flavor="micro")
    assert (created["state"], created["vcpus"], created["memory_mib"], created["version"]) == (
        "pending",
        "0.25",
        512,
        1,
    )

    active = reaches(tenant.api, created["id"], "active")

    assert active["placement"]["zone"] == ZONE
    assert active["placement"]["provider"] == "nimbus"
    assert active["version"] == 3
    assert [(node["id"], node["state"], node["host"]) for node in nodes_of(operator, tenant)] == [
        (active["node_id"], "running", active["placement"]["host_id"])
    ]


@pytest.mark.infrastructure_state
def test_a_pending_instance_can_not_be_declared_active(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    problem = tenant.api.refused(
        "POST", f"{INSTANCES}/{pending['id']}/transitions", 409, "illegal_transition", json={"target": "active"}
    )

    assert problem["allowed"] == ["provisioning", "deleting", "failed"]
    after = read(tenant.api, pending["id"])
    assert (after["state"], after["version"], after["metered_from"]) == ("pending", 1, None)
    assert nodes_of(operator, tenant) == []


@pytest.mark.infrastructure_state
def test_an_active_instance_only_goes_where_its_life_cycle_leads(tenant: Tenant) -> None:
    instance = running(tenant.api)

    for target, status, code in (
        ("active", 409, "illegal_transition"),
        ("starting", 409, "illegal_transition"),
        ("provisioning", 409, "illegal_transition"),
        ("stopped", 422, "target_not_requestable"),
        ("deleted", 422, "target_not_requestable"),
    ):
        tenant.api.refused("POST", f"{INSTANCES}/{instance['id']}/transitions", status, code, json={"target": target})

    assert read(tenant.api, instance["id"]) == instance


def test_a_deferred_instance_is_built_when_provisioning_is_asked_for(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    assert used_of(operator, host["id"])["instances"] == 1

    tenant.api.ok("POST", f"{INSTANCES}/{pending['id']}/transitions", 202, json={"target": "provisioning"})

    assert reaches(tenant.api, pending["id"], "active")["node_id"] == nodes_of(operator, tenant)[0]["id"]
    assert used_of(operator, host["id"]) == {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}


def test_stopping_and_starting_happen_at_the_provider(operator: Api, tenant: Tenant) -> None:
    instance = running(tenant.api)

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/stop", 202)
    stopped = reaches(tenant.api, instance["id"], "stopped")
    assert stopped["metered_from"] is None
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["stopped"]

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/start", 202)
    started = reaches(tenant.api, instance["id"], "active")
    assert started["node_id"] == instance["node_id"]
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["running"]


@pytest.mark.infrastructure_state
def test_the_record_stays_until_the_provider_has_confirmed_the_delete(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated")
    plan_fault(operator, tenant, "destroy_node", "unavailable", remaining=4)

    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    failed = reaches(tenant.api, instance["id"], "failed")
    assert failed["last_error"] == "nimbus: destroy_node is not available"
    assert [node["id"] for node in nodes_of(operator, tenant)] == [instance["node_id"]]
    assert used_of(operator, host["id"])["instances"] == 1

    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    is_gone(tenant.api, instance["id"])
    assert nodes_of(operator, tenant) == []
    assert used_of(operator, host["id"]) == {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def test_a_failed_build_returns_its_claims_and_deleting_it_returns_nothing_twice(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    empty = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}
    plan_fault(operator, tenant, "create_node", "out_of_capacity")

    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")
    assert failed["last_error"] == "nimbus: insufficient capacity for create_node"
    assert used_of(operator, host["id"]) == empty

    tenant.api.ok("DELETE", f"{INSTANCES}/{failed['id']}", 202)
    is_gone(tenant.api, failed["id"])
    assert used_of(operator, host["id"]) == empty


def test_a_build_that_fails_for_the_moment_once_too_often_returns_its_claims_and_does_so_once(
    operator: Api, tenant: Tenant
) -> None:
    host = create_host(operator, tenant)
    empty = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}
    plan_fault(operator, tenant, "create_node", "unavailable", remaining=4)

    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")
    assert failed["last_error"] == "nimbus: create_node is not available"
    assert (used_of(operator, host["id"]), nodes_of(operator, tenant)) == (empty, [])

    tenant.api.ok("DELETE", f"{INSTANCES}/{failed['id']}", 202)
    is_gone(tenant.api, failed["id"])
    assert used_of(operator, host["id"]) == empty


def test_a_transient_failure_of_the_provider_is_overcome(operator: Api, tenant: Tenant) -> None:
    plan_fault(operator, tenant, "create_node", "unavailable", remaining=2)

    assert running(tenant.api)["last_error"] is None
    assert len(nodes_of(operator, tenant)) == 1


def test_resizing_exchanges_the_claims_exactly(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", **custom("2", 4_096, 4))

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "micro"})
    resized = reaches(tenant.api, instance["id"], "active")

    assert (resized["flavor"], resized["vcpus"], resized["memory_mib"]) == ("micro", "0.25", 512)
    assert used_of(operator, host["id"]) == {"vcpu": 250, "memory_mib": 512, "disk_gib": 4, "instances": 1}


def test_a_resize_that_does_not_fit_changes_nothing(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=3_000)
    instance = running(tenant.api, tenancy="dedicated", flavor="medium")

    problem = tenant.api.refused(
        "POST", f"{INSTANCES}/{instance['id']}/resize", 409, "no_valid_host", json={"flavor": "large"}
    )

    assert problem["rejected_by"] == "capacity"
    assert read(tenant.api, instance["id"]) == instance
    assert used_of(operator, host["id"])["vcpu"] == 2_000


def test_a_tenants_quota_counts_instances_and_comes_back_with_the_delete(operator: Api, tenant: Tenant) -> None:
    tenant.operator.ok("PUT", "/api/tenants/v1/quotas/instances", json={"limit": 1})
    first = running(tenant.api)

    problem = tenant.api.refused(
        "POST", INSTANCES, 403, "quota_exceeded", json={"name": "vm", "flavor": "nano", "zone": ZONE}
    )
    assert problem["resource"] == "instances"
    assert [entry["id"] for entry in tenant.api.items(INSTANCES)] == [first["id"]]

    tenant.api.ok("DELETE", f"{INSTANCES}/{first['id']}", 202)
    is_gone(tenant.api, first["id"])
    eventually(lambda: quota_of(tenant) == NOTHING)
    assert running(tenant.api)["id"] != first["id"]


def test_what_was_reserved_for_an_instance_is_committed_by_its_own_event(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)

    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    eventually(lambda: quota_of(tenant) == NANO)


def test_an_order_that_fails_after_it_was_placed_holds_no_quota(tenant: Tenant) -> None:
    order = {"name": "vm", "flavor": "nano", "zone": ZONE, "image": "amiga-3.1"}

    tenant.api.refused("POST", INSTANCES, 422, "unknown_image", json=order)

    assert quota_of(tenant) == NOTHING


def test_a_resize_exchanges_the_quota_exactly(tenant: Tenant) -> None:
    instance = running(tenant.api, **custom("2", 4_096, 20))

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "small"})
    reaches(tenant.api, instance["id"], "active")

    eventually(lambda: quota_of(tenant) == {"instances": (1, 0), "vcpus": (1, 0), "memory_mib": (2_048, 0)})
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    is_gone(tenant.api, instance["id"])
    eventually(lambda: quota_of(tenant) == NOTHING)


def test_a_resize_that_fails_gives_back_what_was_wanted_and_nothing_else(operator: Api, tenant: Tenant) -> None:
    instance = running(tenant.api)
    plan_fault(operator, tenant, "resize_node", "unavailable", remaining=4)

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "medium"})
    kept = reaches(tenant.api, instance["id"], "active")

    assert (kept["flavor"], kept["last_error"]) == ("nano", "nimbus: resize_node is not available")
    eventually(lambda: quota_of(tenant) == NANO)


def test_a_resize_that_was_refused_can_be_asked_for_again(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=1_000)
    instance = running(tenant.api, tenancy="dedicated")
    path = f"{INSTANCES}/{instance['id']}/resize"
    tenant.api.refused("POST", path, 409, "no_valid_host", json={"flavor": "medium"})
    eventually(lambda: quota_of(tenant) == NANO)
    inventories = [
        {"resource_class": kind, "total": total}
        for kind, total in (("vcpu", 4_000), ("memory_mib", 65_536), ("disk_gib", 1_000))
    ]
    operator.ok("PATCH", f"/api/compute/v1/hosts/{host['id']}", json={"inventories": inventories})

    tenant.api.ok("POST", path, 202, json={"flavor": "medium"})

    assert reaches(tenant.api, instance["id"], "active")["flavor"] == "medium"
    eventually(lambda: quota_of(tenant) == {"instances": (1, 0), "vcpus": (2, 0), "memory_mib": (4_096, 0)})


def test_a_planned_fault_can_be_called_off(operator: Api, tenant: Tenant) -> None:
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    planned = [fault for fault in operator.ok("GET", FAULTS) if fault["tenant_id"] == tenant.id]

    operator.ok("DELETE", f"{FAULTS}/{planned[0]['id']}", 204)

    assert running(tenant.api)["last_error"] is None
    operator.refused("DELETE", f"{FAULTS}/{planned[0]['id']}", 404)


def test_a_build_that_is_tried_again_holds_capacity_again(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=1_000)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated", flavor="small")["id"], "failed")
    assert used_of(operator, host["id"])["instances"] == 0

    tenant.api.ok("POST", f"{INSTANCES}/{failed['id']}/transitions", 202, json={"target": "provisioning"})
    reaches(tenant.api, failed["id"], "active")

    assert used_of(operator, host["id"]) == {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}
    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())


def test_a_build_that_is_tried_again_without_room_is_refused(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant, millicores=1_000)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated", flavor="small")["id"], "failed")
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor="small"))

    path = f"{INSTANCES}/{failed['id']}/transitions"
    problem = tenant.api.refused("POST", path, 409, "no_valid_host", json={"target": "provisioning"})

    assert problem["rejected_by"] == "capacity"
    assert read(tenant.api, failed["id"]) == failed


def test_a_build_that_is_tried_again_keeps_to_its_group(operator: Api, tenant: Tenant) -> None:
    for _ in range(2):
        create_host(operator, tenant)
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "ha", "policy": "anti-affinity"})
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated", group_id=group["id"])["id"], "failed")
    other = running(tenant.api, tenancy="dedicated", group_id=group["id"])

    tenant.api.ok("POST", f"{INSTANCES}/{failed['id']}/transitions", 202, json={"target": "provisioning"})

    again = reaches(tenant.api, failed["id"], "active")
    assert again["placement"]["host_id"] != other["placement"]["host_id"]


def test_what_is_provisioned_after_a_failed_start_runs(operator: Api, tenant: Tenant) -> None:
    instance = running(tenant.api)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/stop", 202)
    reaches(tenant.api, instance["id"], "stopped")
    plan_fault(operator, tenant, "start_node", "unavailable", remaining=4)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/start", 202)
    reaches(tenant.api, instance["id"], "failed")

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/transitions", 202, json={"target": "provisioning"})

    reaches(tenant.api, instance["id"], "active")
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["running"]
