"""A host dies: what its tenants, their bills and the trail see of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.computing import (
    HOSTS,
    INSTANCES,
    create,
    create_host,
    custom,
    is_gone,
    nodes_of,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

ZONE = "cirrus-ap-1b"
QUOTAS = "/api/tenants/v1/quotas"
NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def trail(operator: Api, tenant: Tenant, subject: str) -> list[dict[str, Any]]:
    """The audit records about one subject, oldest first."""
    records = tenant.operator.items("/api/audit/v1/records")
    return [record for record in records if record["subject"] == subject]


@pytest.mark.timeout(150)
@pytest.mark.services("audit")
def test_the_trail_tells_of_every_step_of_an_evacuation(operator: Api, tenant: Tenant) -> None:
    hosts = {create_host(operator, tenant)["id"] for _ in range(2)}
    instance = running(tenant.api, tenancy="dedicated")
    source = instance["placement"]["host_id"]
    operator.ok("PATCH", f"{HOSTS}/{source}", json={"forced_down": True})
    operator.ok("POST", f"{HOSTS}/{source}/evacuate", 202)

    eventually(lambda: used_of(operator, source) == NOTHING, timeout=30)
    after = reaches(tenant.api, instance["id"], "active")
    assert after["placement"]["host_id"] in hosts - {source}
    (move,) = tenant.operator.items("/api/compute/v1/migrations")

    def told() -> bool:
        moves = [record["type"] for record in trail(operator, tenant, move["id"])]
        return moves == ["compute.migration.started", "compute.migration.ended"]

    eventually(told, timeout=60)


@pytest.mark.timeout(150)
@pytest.mark.services("tenants")
def test_one_tenants_order_displaces_anothers_spare_capacity_and_each_keeps_its_own_books(
    operator: Api, tenant: Tenant, other_tenant: Tenant, bus: Bus
) -> None:
    # Given a zone of shared hosts whose last room is taken by instances that give way, of another tenant
    for who in (tenant, other_tenant):
        who.operator.ok("PUT", f"{QUOTAS}/vcpus", json={"limit": 5_000})
    free = [
        host["resources"]["vcpu"]["capacity"] - host["resources"]["vcpu"]["used"]
        for host in operator.items(HOSTS, zone=ZONE)
        if host["dedicated_tenant_id"] is None
    ]
    spare = [
        running(other_tenant.api, zone=ZONE, preemptible=True, **custom(f"{millicores / 1_000:.3f}"))
        for millicores in sorted(free, reverse=True)
    ]

    # When somebody orders what only the room of one of them will hold
    order = create(tenant.api, zone=ZONE, **custom(f"{min(free) / 1_000:.3f}"))

    # Then one gives way, in its own tenant's name, and comes back as quota
    victim = next(
        entry for entry in spare if other_tenant.api.get(f"{INSTANCES}/{entry['id']}").json().get("state") != "active"
    )
    is_gone(other_tenant.api, victim["id"], timeout=30)
    built = reaches(tenant.api, order["id"], "active", timeout=40)
    assert built["placement"]["host_id"] == victim["placement"]["host_id"]
    events = bus.of_subject("compute.events", victim["id"], count=5, timeout=20)
    assert {event["tenantid"] for event in events} == {other_tenant.id}
    assert [event["data"]["reason"] for event in events if event["data"].get("state") == "deleting"] == ["preempted"]

    def instances_of(who: Tenant) -> int:
        items = who.api.ok("GET", QUOTAS)["items"]
        return int(next(entry["used"] + entry["reserved"] for entry in items if entry["resource"] == "instances"))

    eventually(lambda: (instances_of(other_tenant), instances_of(tenant)) == (len(spare) - 1, 1), timeout=20)
    assert [node["id"] for node in nodes_of(operator, tenant, "cirrus")] == [built["node_id"]]
    assert read(other_tenant.api, next(entry["id"] for entry in spare if entry is not victim))["state"] == "active"

    for who, instance in ((tenant, built), *((other_tenant, entry) for entry in spare if entry is not victim)):
        who.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
        is_gone(who.api, instance["id"], timeout=30)
