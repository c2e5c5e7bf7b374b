"""Compute dies, the bus goes away, the provider's answers get lost: one instance, one node, exact claims."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.computing import (
    FAULTS,
    INSTANCES,
    create,
    create_host,
    is_gone,
    nodes_of,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

NANO = {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}
NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def test_a_crash_while_the_provider_builds_leaves_one_node_and_exact_claims(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "latency", latency_ms=3_000)
    instance = create(tenant.api, tenancy="dedicated")
    reaches(tenant.api, instance["id"], "provisioning")

    fleet.kill("compute")
    fleet.start("compute")
    fleet.wait_healthy("compute")

    active = reaches(tenant.api, instance["id"], "active", timeout=30)
    assert [node["id"] for node in nodes_of(operator, tenant)] == [active["node_id"]]
    assert [entry["id"] for entry in tenant.api.items(INSTANCES)] == [instance["id"]]
    assert used_of(operator, host["id"]) == NANO


def test_a_lost_answer_of_the_provider_makes_no_second_node(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "timeout", remaining=2)

    instance = running(tenant.api, tenancy="dedicated")

    assert [node["id"] for node in nodes_of(operator, tenant)] == [instance["node_id"]]
    assert used_of(operator, host["id"]) == NANO


def test_a_node_that_a_failed_build_left_behind_keeps_its_claim_until_it_is_gone(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "timeout", remaining=4)

    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")
    assert [node["id"] for node in nodes_of(operator, tenant)] == [failed["node_id"]]
    assert used_of(operator, host["id"]) == NANO

    tenant.api.ok("DELETE", f"{INSTANCES}/{failed['id']}", 202)
    is_gone(tenant.api, failed["id"])
    assert nodes_of(operator, tenant) == []
    assert used_of(operator, host["id"]) == NOTHING


def test_the_room_of_what_a_provider_did_not_take_is_the_next_orders(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=100)
    plan_fault(operator, tenant, "create_node", "unavailable", remaining=4)
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")

    next_one = running(tenant.api, tenancy="dedicated")

    assert [(node["id"], node["host"]) for node in nodes_of(operator, tenant)] == [(next_one["node_id"], host["id"])]
    assert read(tenant.api, failed["id"])["state"] == "failed"
    assert used_of(operator, host["id"]) == NANO


def test_instances_ordered_while_the_bus_is_away_are_built_once_when_it_is_back(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant)
    fleet.kafka_down()
    instance = create(tenant.api, tenancy="dedicated")
    assert instance["state"] == "pending"
    assert nodes_of(operator, tenant) == []

    fleet.kafka_up()

    assert reaches(tenant.api, instance["id"], "active", timeout=30)["version"] == 3
    assert len(nodes_of(operator, tenant)) == 1
    assert used_of(operator, host["id"]) == NANO


def test_work_that_no_event_comes_for_is_taken_up_by_whoever_is_alive(
    operator: Api, tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    host = create_host(operator, tenant)
    fleet.kafka_down()
    instance = create(tenant.api, tenancy="dedicated")

    active = reaches(tenant.api, instance["id"], "active", timeout=30)
    fleet.kafka_up()

    events = bus.of_subject("compute.events", instance["id"], count=3, timeout=20)
    assert [event["data"]["state"] for event in events] == ["pending", "provisioning", "active"]
    assert read(tenant.api, instance["id"]) == active
    assert [node["id"] for node in nodes_of(operator, tenant)] == [active["node_id"]]
    assert used_of(operator, host["id"]) == NANO


def test_work_that_somebody_is_at_is_not_taken_up_by_another(operator: Api, tenant: Tenant) -> None:
    # Given a provider that takes longer than work is waited for, and would fail if it were asked a second time
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "latency", latency_ms=12_000)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")

    instance = create(tenant.api, tenancy="dedicated")

    # Then it is asked once
    assert reaches(tenant.api, instance["id"], "active", timeout=30)["version"] == 3
    left = [
        fault["kind"] for fault in operator.ok("GET", FAULTS) if fault["tenant_id"] == tenant.id and fault["remaining"]
    ]
    assert left == ["out_of_capacity"]
    assert used_of(operator, host["id"]) == NANO


def test_nothing_is_placed_while_nobody_can_say_what_the_quota_allows(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant)
    fleet.kill("tenants")

    answer = tenant.api.post(INSTANCES, json={"name": "vm", "flavor": "nano", "tenancy": "dedicated"})
    assert answer.status_code == 503
    assert used_of(operator, host["id"]) == NOTHING
    assert list(tenant.api.items(INSTANCES)) == []

    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(
        lambda: tenant.api.post(INSTANCES, json={"name": "vm", "flavor": "nano", "tenancy": "dedicated"}).is_success
    )
    assert used_of(operator, host["id"]) == NANO
