"""Live migration, cold migration and evacuation, in Nova's terms: one node, and claims on one host at the end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import (
    HOSTS,
    INSTANCES,
    create_host,
    dedicated,
    nodes_of,
    plan_fault,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

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


def on_hosts(operator: Api, *host_ids: str) -> list[dict[str, int]]:
    return [used_of(operator, host_id) for host_id in host_ids]


def act(tenant: Tenant, instance: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = tenant.operator.ok("POST", f"{INSTANCES}/{instance['id']}/{action}", 202, json=body)
    return answer


def test_a_live_migration_holds_both_hosts_while_it_runs_and_one_afterwards(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    plan_fault(operator, tenant, "migrate_node", "latency", latency_ms=2_000)

    assert act(tenant, instance, "live-migrate")["state"] == "migrating"
    assert on_hosts(operator, source, other) == [NANO, NANO]
    (move,) = tenant.operator.items(MIGRATIONS)
    assert (move["kind"], move["status"], move["source_host"], move["dest_host"]) == (
        "live-migration",
        "running",
        source,
        other,
    )

    moved = reaches(tenant.api, instance["id"], "active")
    assert (moved["placement"]["host_id"], moved["node_id"]) == (other, instance["node_id"])
    assert [(node["host"], node["state"]) for node in nodes_of(operator, tenant)] == [(other, "running")]
    assert on_hosts(operator, source, other) == [NOTHING, NANO]
    assert tenant.operator.ok("GET", f"{MIGRATIONS}/{move['id']}")["status"] == "completed"


def test_a_live_migration_that_fails_leaves_the_instance_running_where_it_was(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    plan_fault(operator, tenant, "migrate_node", "out_of_capacity")

    act(tenant, instance, "live-migrate")
    kept = reaches(tenant.api, instance["id"], "active")

    assert (kept["placement"]["host_id"], kept["last_error"]) == (
        source,
        "nimbus: insufficient capacity for migrate_node",
    )
    assert on_hosts(operator, source, other) == [NANO, NOTHING]
    assert [move["status"] for move in tenant.operator.items(MIGRATIONS)] == ["error"]


def test_a_stopped_instance_migrates_cold_and_stays_stopped(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    path = f"{INSTANCES}/{instance['id']}"
    tenant.operator.refused("POST", f"{path}/migrate", 409, "not_movable", json={})
    tenant.api.ok("POST", f"{path}/stop", 202)
    reaches(tenant.api, instance["id"], "stopped")
    tenant.operator.refused("POST", f"{path}/live-migrate", 409, "not_movable", json={})

    act(tenant, instance, "migrate", host_id=other)

    def moved() -> bool:
        now = read(tenant.api, instance["id"])
        return bool((now["state"], now["placement"]["host_id"]) == ("stopped", other))

    eventually(moved)
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["stopped"]
    assert on_hosts(operator, source, other) == [NOTHING, NANO]


def test_a_host_that_is_named_has_to_pass_every_filter(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    path = f"{INSTANCES}/{instance['id']}/live-migrate"
    operator.ok("PATCH", f"{HOSTS}/{other}", json={"enabled": False})

    for host_id, rejected_by in ((source, "requested_host"), (other, "enabled"), ("host-nimbus-eu-1a-1", "tenancy")):
        problem = tenant.operator.refused("POST", path, 409, "no_valid_host", json={"host_id": host_id})
        assert problem["rejected_by"] == rejected_by
    tenant.operator.refused("POST", path, 404, "host_not_found", json={"host_id": "host-nowhere"})

    assert read(tenant.api, instance["id"]) == instance
    assert on_hosts(operator, source, other) == [NANO, NOTHING]


def test_members_of_a_group_stay_apart_on_the_move(operator: Api, tenant: Tenant) -> None:
    for _ in range(2):
        create_host(operator, tenant)
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "ha", "policy": "anti-affinity"})
    members = [running(tenant.api, tenancy="dedicated", group_id=group["id"]) for _ in range(2)]

    path = f"{INSTANCES}/{members[0]['id']}/live-migrate"
    problem = tenant.operator.refused("POST", path, 409, "no_valid_host", json={})
    assert problem["rejected_by"] == "group"
    third = create_host(operator, tenant)["id"]
    act(tenant, members[0], "live-migrate")

    assert reaches(tenant.api, members[0]["id"], "active")["placement"]["host_id"] == third
    assert tenant.api.ok("GET", f"/api/compute/v1/server-groups/{group['id']}")["members"] == 2


def test_nobody_joins_a_group_that_keeps_together_while_a_member_is_on_the_move(operator: Api, tenant: Tenant) -> None:
    hosts = {create_host(operator, tenant)["id"] for _ in range(2)}
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "near", "policy": "affinity"})
    order = dedicated(group_id=group["id"])
    member = running(tenant.api, tenancy="dedicated", group_id=group["id"])
    plan_fault(operator, tenant, "migrate_node", "latency", latency_ms=5_000)

    act(tenant, member, "live-migrate")
    problem = tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=order)
    assert problem["rejected_by"] == "group"
    (arrived,) = hosts - {member["placement"]["host_id"]}

    assert reaches(tenant.api, member["id"], "active")["placement"]["host_id"] == arrived
    assert tenant.api.ok("POST", INSTANCES, 201, json=order)["placement"]["host_id"] == arrived


def test_a_group_that_keeps_together_leaves_a_dead_host_for_one_host(operator: Api, tenant: Tenant) -> None:
    # Given three members of a hard-affinity group on a host that died, and two hosts that each have room for them
    hosts = {create_host(operator, tenant)["id"] for _ in range(3)}
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "near", "policy": "affinity"})
    members = [running(tenant.api, tenancy="dedicated", group_id=group["id"]) for _ in range(3)]
    (source,) = {member["placement"]["host_id"] for member in members}
    operator.ok("PATCH", f"{HOSTS}/{source}", json={"forced_down": True})
    # When two are evacuated, one while the other is on its way
    plan_fault(operator, tenant, "rebuild_node", "latency", latency_ms=2_000)
    act(tenant, members[0], "evacuate")
    (move,) = tenant.operator.items(MIGRATIONS)
    act(tenant, members[1], "evacuate")
    # Then the last may go to no other host than theirs
    (elsewhere,) = hosts - {source, move["dest_host"]}
    path = f"{INSTANCES}/{members[2]['id']}/evacuate"
    problem = tenant.operator.refused("POST", path, 409, "no_valid_host", json={"host_id": elsewhere})
    assert problem["rejected_by"] == "group"
    # And it follows them, so that all are together again
    act(tenant, members[2], "evacuate")
    arrived = [reaches(tenant.api, member["id"], "active")["placement"]["host_id"] for member in members]
    assert arrived == [move["dest_host"]] * 3
    assert on_hosts(operator, source, elsewhere) == [NOTHING, NOTHING]


def test_only_a_host_that_is_down_is_evacuated_and_nothing_else_leaves_it(operator: Api, tenant: Tenant) -> None:
    instance, source, other = two_hosts(operator, tenant)
    path = f"{INSTANCES}/{instance['id']}"
    tenant.operator.refused("POST", f"{path}/evacuate", 409, "host_not_down", json={})
    operator.refused("POST", f"{HOSTS}/{source}/evacuate", 409, "host_not_down")

    operator.ok("PATCH", f"{HOSTS}/{source}", json={"forced_down": True})
    tenant.operator.refused("POST", f"{path}/live-migrate", 409, "host_down", json={})
    tenant.api.refused("POST", f"{path}/resize", 409, "host_down", json={"flavor": "small"})
    act(tenant, instance, "evacuate")

    assert reaches(tenant.api, instance["id"], "active")["placement"]["host_id"] == other
    assert [(node["host"], node["state"]) for node in nodes_of(operator, tenant)] == [(other, "running")]
    assert on_hosts(operator, source, other) == [NOTHING, NANO]
    assert [move["kind"] for move in tenant.operator.items(MIGRATIONS)] == ["evacuation"]


@pytest.mark.timeout(150)
def test_a_dead_host_is_emptied_as_far_as_there_is_room_and_the_rest_follows(operator: Api, tenant: Tenant) -> None:
    dead = create_host(operator, tenant)["id"]
    active, stopped = (running(tenant.api, tenancy="dedicated") for _ in range(2))
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    tenant.api.ok("POST", f"{INSTANCES}/{stopped['id']}/stop", 202)
    reaches(tenant.api, stopped["id"], "stopped")
    ids = {active["id"]: "active", stopped["id"]: "stopped", pending["id"]: "pending"}
    first = create_host(operator, tenant, max_instances=2)["id"]
    operator.ok("PATCH", f"{HOSTS}/{dead}", json={"forced_down": True})

    assert operator.ok("POST", f"{HOSTS}/{dead}/evacuate", 202)["evacuating"] is True
    eventually(lambda: on_hosts(operator, dead, first) == [NANO, {**NANO, **twice(NANO)}], timeout=30)
    second = create_host(operator, tenant)["id"]
    eventually(lambda: on_hosts(operator, dead, second) == [NOTHING, NANO], timeout=30)

    for instance_id, state in ids.items():
        assert reaches(tenant.api, instance_id, state)["placement"]["host_id"] in (first, second)
    up = operator.ok("PATCH", f"{HOSTS}/{dead}", json={"forced_down": False})
    assert (up["forced_down"], up["evacuating"]) == (False, False)


def twice(used: dict[str, int]) -> dict[str, int]:
    return {kind: 2 * amount for kind, amount in used.items()}


def test_what_was_placed_on_a_host_that_died_before_the_build_is_built_elsewhere(operator: Api, tenant: Tenant) -> None:
    dead = create_host(operator, tenant)["id"]
    pending = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    operator.ok("PATCH", f"{HOSTS}/{dead}", json={"forced_down": True})
    path = f"{INSTANCES}/{pending['id']}/transitions"

    tenant.api.refused("POST", path, 409, "no_valid_host", json={"target": "provisioning"})
    assert used_of(operator, dead) == NANO
    living = create_host(operator, tenant)["id"]
    tenant.api.ok("POST", path, 202, json={"target": "provisioning"})

    assert reaches(tenant.api, pending["id"], "active")["placement"]["host_id"] == living
    assert on_hosts(operator, dead, living) == [NOTHING, NANO]
    assert [node["host"] for node in nodes_of(operator, tenant)] == [living]


def test_a_host_that_is_down_takes_nothing_new(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)["id"]
    operator.ok("PATCH", f"{HOSTS}/{host}", json={"forced_down": True})

    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())

    assert used_of(operator, host) == NOTHING
