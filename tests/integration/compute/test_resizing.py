"""Resizing: what it needs of hosts, and what it never does (Nova, OpenStack Placement)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import (
    HOSTS,
    INSTANCES,
    at_once,
    create_host,
    custom,
    nodes_of,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

MIGRATIONS = "/api/compute/v1/migrations"
NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}
MEDIUM = {"vcpu": 2_000, "memory_mib": 4_096, "disk_gib": 40, "instances": 1}
SMALL = {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}


def inventories(millicores: int) -> list[dict[str, object]]:
    amounts = (("vcpu", millicores), ("memory_mib", 65_536), ("disk_gib", 1_000))
    return [{"resource_class": kind, "total": total} for kind, total in amounts]


def test_a_disk_is_never_cut_off(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", flavor="medium")

    path = f"{INSTANCES}/{instance['id']}/resize"
    tenant.api.refused("POST", path, 422, "disk_shrink", json={"flavor": "small"})

    assert read(tenant.api, instance["id"]) == instance
    assert used_of(operator, host["id"]) == MEDIUM


def test_a_resize_moves_to_another_host_where_its_own_has_no_room(operator: Api, tenant: Tenant) -> None:
    small_host = create_host(operator, tenant, millicores=1_000)
    instance = running(tenant.api, tenancy="dedicated", flavor="small")
    large_host = create_host(operator, tenant)

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "medium"})
    moved = reaches(tenant.api, instance["id"], "active")

    assert (moved["flavor"], moved["placement"]["host_id"]) == ("medium", large_host["id"])
    assert [(node["id"], node["host"]) for node in nodes_of(operator, tenant)] == [
        (instance["node_id"], large_host["id"])
    ]
    assert (used_of(operator, small_host["id"]), used_of(operator, large_host["id"])) == (NOTHING, MEDIUM)
    assert [(move["kind"], move["status"]) for move in tenant.operator.items(MIGRATIONS)] == [("resize", "completed")]


def test_of_two_that_grow_at_once_where_one_has_room_one_grows(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant, millicores=1_200)
    instances = [running(tenant.api, tenancy="dedicated") for _ in range(2)]

    def grow(instance: dict[str, Any]) -> int:
        return tenant.api.post(f"{INSTANCES}/{instance['id']}/resize", json={"flavor": "small"}).status_code

    answers = at_once(fleet, *[partial(grow, instance) for instance in instances])

    assert sorted(answers) == [202, 409]
    sizes = [reaches(tenant.api, instance["id"], "active")["flavor"] for instance in instances]
    assert sorted(sizes) == ["nano", "small"]
    assert used_of(operator, host["id"]) == {"vcpu": 1_100, "memory_mib": 2_176, "disk_gib": 21, "instances": 2}


def test_a_resize_that_fails_on_another_host_leaves_the_instance_at_home(operator: Api, tenant: Tenant) -> None:
    small_host = create_host(operator, tenant, millicores=1_000)
    instance = running(tenant.api, tenancy="dedicated", flavor="small")
    large_host = create_host(operator, tenant)
    plan_fault(operator, tenant, "resize_node", "unavailable", remaining=4)

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "medium"})
    kept = reaches(tenant.api, instance["id"], "active")

    assert (kept["flavor"], kept["placement"]["host_id"]) == ("small", small_host["id"])
    assert (used_of(operator, small_host["id"]), used_of(operator, large_host["id"])) == (SMALL, NOTHING)
    assert [(move["kind"], move["status"]) for move in tenant.operator.items(MIGRATIONS)] == [("resize", "error")]


def test_a_host_that_has_less_than_is_claimed_still_lets_go(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", **custom("4", 2_048, 20))
    operator.ok("PATCH", f"{HOSTS}/{host['id']}", json={"inventories": inventories(500)})

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "small"})

    assert reaches(tenant.api, instance["id"], "active")["flavor"] == "small"
    assert used_of(operator, host["id"]) == SMALL


@pytest.mark.parametrize(
    ("fault", "remaining", "flavor", "held"), [("latency", 1, "medium", MEDIUM), ("unavailable", 4, "small", SMALL)]
)
def test_a_resize_ends_whatever_becomes_of_its_host_meanwhile(
    operator: Api, tenant: Tenant, fault: str, remaining: int, flavor: str, held: dict[str, int]
) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", flavor="small")
    plan_fault(operator, tenant, "resize_node", fault, remaining, latency_ms=1_500)
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "medium"})

    operator.ok("PATCH", f"{HOSTS}/{host['id']}", json={"inventories": inventories(100)})

    # The provider is asked several times, more rarely each time.
    assert reaches(tenant.api, instance["id"], "active", timeout=60)["flavor"] == flavor
    assert used_of(operator, host["id"]) == held


def test_a_resize_whose_answer_is_lost_has_happened(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", flavor="small")
    plan_fault(operator, tenant, "resize_node", "timeout", remaining=4)

    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/resize", 202, json={"flavor": "medium"})
    resized = reaches(tenant.api, instance["id"], "active", timeout=60)

    assert (resized["flavor"], resized["last_error"]) == ("medium", None)
    assert used_of(operator, host["id"]) == MEDIUM
