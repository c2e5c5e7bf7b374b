"""Many members of one group at once, where all would rather go to the same host."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.support.api import Api
from tests.support.computing import INSTANCES, at_once, create_host, dedicated, reaches, running
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

GROUPS = "/api/compute/v1/server-groups"


def group_of(tenant: Tenant, policy: str) -> str:
    group_id: str = tenant.api.ok("POST", GROUPS, 201, json={"name": "at once", "policy": policy})["id"]
    return group_id


def test_three_members_come_to_three_hosts_though_one_has_the_most_room(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    hosts = [
        create_host(operator, tenant, millicores=millicores, memory_mib=memory)["id"]
        for millicores, memory in ((64_000, 400_000), (2_000, 16_384), (1_000, 8_192))
    ]
    order = dedicated(group_id=group_of(tenant, "anti-affinity"))

    made = at_once(fleet, *[partial(tenant.api.ok, "POST", INSTANCES, 201, json=order)] * 3)

    assert sorted(instance["placement"]["host_id"] for instance in made) == sorted(hosts)


def test_two_members_that_move_at_once_stay_apart(operator: Api, tenant: Tenant, fleet: FleetControl) -> None:
    for _ in range(2):
        create_host(operator, tenant)
    group_id = group_of(tenant, "anti-affinity")
    members = [running(tenant.api, tenancy="dedicated", group_id=group_id) for _ in range(2)]
    wide, narrow = (
        create_host(operator, tenant, millicores=millicores, memory_mib=memory)["id"]
        for millicores, memory in ((64_000, 400_000), (4_000, 65_536))
    )
    for member in members:
        operator.ok("PATCH", f"/api/compute/v1/hosts/{member['placement']['host_id']}", json={"enabled": False})

    def move(member: dict[str, Any]) -> None:
        tenant.operator.ok("POST", f"{INSTANCES}/{member['id']}/live-migrate", 202, json={})

    at_once(fleet, *[partial(move, member) for member in members])

    now = [reaches(tenant.api, member["id"], "active")["placement"]["host_id"] for member in members]
    assert sorted(now) == sorted([wide, narrow])
