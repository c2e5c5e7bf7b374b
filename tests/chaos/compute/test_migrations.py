"""Moves that are torn: whoever dies, there is one node, and claims on exactly the host that has it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import (
    FAULTS,
    HOSTS,
    INSTANCES,
    create_host,
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

pytestmark = pytest.mark.timeout(180)  # a crash, a start, and what is taken up after it

MIGRATIONS = "/api/compute/v1/migrations"
NANO = {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}
NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def two_hosts(operator: Api, tenant: Tenant) -> tuple[dict[str, Any], str, str]:
    """An active instance, the host that it is on, and another one with room."""
    hosts = {create_host(operator, tenant)["id"] for _ in range(2)}
    instance = running(tenant.api, tenancy="dedicated")
    source = instance["placement"]["host_id"]
    (other,) = hosts - {source}
    return instance, source, other


def holds_alone(operator: Api, tenant: Tenant, instance: dict[str, Any], host: str, empty: str) -> None:
    """One node, claims and record on one host, and nothing on the other."""
    assert read(tenant.api, instance["id"])["placement"]["host_id"] == host
    assert [(node["id"], node["host"]) for node in nodes_of(operator, tenant)] == [(instance["node_id"], host)]
    assert (used_of(operator, host), used_of(operator, empty)) == (NANO, NOTHING)


def is_met(operator: Api, tenant: Tenant, kind: str) -> bool:
    """Whether a request has met the tenant's fault of that kind: the provider is at work on it."""
    faults = operator.ok("GET", FAULTS)
    return [fault["remaining"] for fault in faults if (fault["tenant_id"], fault["kind"]) == (tenant.id, kind)] == [0]


@pytest.mark.parametrize("fault", [None, "timeout", "unavailable"])
def test_a_crash_in_a_live_migration_leaves_claims_on_the_host_that_has_the_node(
    operator: Api, tenant: Tenant, fleet: FleetControl, fault: str | None
) -> None:
    instance, source, other = two_hosts(operator, tenant)
    plan_fault(operator, tenant, "migrate_node", "latency", latency_ms=3_000)
    if fault:
        plan_fault(operator, tenant, "migrate_node", fault, remaining=8)
    tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/live-migrate", 202, json={})
    eventually(lambda: is_met(operator, tenant, "latency"))

    fleet.kill("compute")
    fleet.start("compute")
    fleet.wait_healthy("compute")

    reaches(tenant.api, instance["id"], "active", timeout=40)
    arrived = fault != "unavailable"
    host, empty = (other, source) if arrived else (source, other)
    holds_alone(operator, tenant, instance, host, empty)
    assert [move["status"] for move in tenant.operator.items(MIGRATIONS)] == ["completed" if arrived else "error"]


def test_a_lost_answer_to_a_live_migration_is_no_failure(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    plan_fault(operator, tenant, "migrate_node", "timeout", remaining=4)

    tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/live-migrate", 202, json={})

    assert reaches(tenant.api, instance["id"], "active")["last_error"] is None
    holds_alone(operator, tenant, instance, other, source)


def test_the_host_that_an_instance_moves_to_dies(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    plan_fault(operator, tenant, "migrate_node", "latency", latency_ms=1_500)
    tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/live-migrate", 202, json={})

    # Both are alive for the provider until the move has ended; then the one that it ended on is found dead.
    operator.ok("PATCH", f"{HOSTS}/{other}", json={"forced_down": True})
    reaches(tenant.api, instance["id"], "active")
    operator.ok("POST", f"{HOSTS}/{other}/evacuate", 202)

    eventually(lambda: used_of(operator, source) == NANO, timeout=30)
    reaches(tenant.api, instance["id"], "active")
    holds_alone(operator, tenant, instance, source, other)


def test_an_evacuation_goes_on_without_the_bus_and_after_a_crash(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    instance, source, other = two_hosts(operator, tenant)
    operator.ok("PATCH", f"{HOSTS}/{source}", json={"forced_down": True})
    fleet.kafka_down()
    operator.ok("POST", f"{HOSTS}/{source}/evacuate", 202)
    fleet.kill("compute")
    fleet.start("compute")

    eventually(lambda: used_of(operator, source) == NOTHING, timeout=60)
    fleet.kafka_up()

    reaches(tenant.api, instance["id"], "active")
    holds_alone(operator, tenant, instance, other, source)


def test_a_resize_that_moves_is_torn_by_a_crash(operator: Api, tenant: Tenant, fleet: FleetControl) -> None:
    small = create_host(operator, tenant, millicores=100)["id"]
    instance = running(tenant.api, tenancy="dedicated")
    large = create_host(operator, tenant)["id"]
    plan_fault(operator, tenant, "resize_node", "latency", latency_ms=3_000)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "small"})
    eventually(lambda: is_met(operator, tenant, "latency"))

    fleet.crash("compute")

    resized = reaches(tenant.api, instance["id"], "active", timeout=40)
    assert (resized["flavor"], resized["placement"]["host_id"]) == ("small", large)
    held = {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}
    assert (used_of(operator, small), used_of(operator, large)) == (NOTHING, held)
    assert [node["host"] for node in nodes_of(operator, tenant)] == [large]
