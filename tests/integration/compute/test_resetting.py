"""Setting an instance's state is the operator's (Nova's os-resetState) and changes no node."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.computing import (
    INSTANCES,
    create,
    create_host,
    nodes_of,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

NANO = {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}


def test_an_operator_sets_a_failed_instance_right(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated")
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/stop", 202)
    reaches(tenant.api, instance["id"], "stopped")
    plan_fault(operator, tenant, "start_node", "unavailable", remaining=4)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/start", 202)
    failed = reaches(tenant.api, instance["id"], "failed")

    path = f"{INSTANCES}/{instance['id']}/reset-state"
    tenant.operator.refused(
        "POST", path, 412, "version_conflict", json={"state": "active"}, headers={"If-Match": '"1"'}
    )
    reset = tenant.operator.ok("POST", path, 200, json={"state": "active"})

    assert (reset["state"], reset["version"], reset["last_error"]) == ("active", failed["version"] + 1, None)
    assert reset["metered_from"] is not None
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["stopped"], "no node is changed"
    assert used_of(operator, host["id"]) == NANO


def test_what_has_no_capacity_can_not_be_said_to_be_active(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")

    path = f"{INSTANCES}/{failed['id']}/reset-state"
    # The platform may be at work on it a moment longer than its state tells.
    eventually(lambda: tenant.operator.refused("POST", path, 409, "nothing_to_reset", json={"state": "active"}))

    assert read(tenant.api, failed["id"]) == failed


def test_an_operator_gives_up_what_is_active(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated")

    tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/reset-state", 200, json={"state": "failed"})

    failed = read(tenant.api, instance["id"])
    assert (failed["state"], failed["metered_from"], failed["node_id"]) == ("failed", None, instance["node_id"])
    assert used_of(operator, host["id"]) == NANO


def test_nobody_resets_what_the_platform_is_at_work_on(operator: Api, tenant: Tenant) -> None:
    plan_fault(operator, tenant, "create_node", "latency", latency_ms=3_000)
    instance = create(tenant.api)
    reaches(tenant.api, instance["id"], "provisioning")
    plan_fault(operator, tenant, "create_node", "latency")

    path = f"{INSTANCES}/{instance['id']}/reset-state"
    answers = set()
    while read(tenant.api, instance["id"])["state"] == "provisioning":
        answer = tenant.operator.post(path, json={"state": "failed"}, headers={"If-Match": '"1"'})
        answers.add((answer.status_code, answer.json()["code"]))

    assert (409, "instance_busy") in answers
    assert answers <= {(409, "instance_busy"), (412, "version_conflict")}
