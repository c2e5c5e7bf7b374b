"""Compute with the services around it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.computing import (
    INSTANCES,
    create_host,
    custom,
    dedicated,
    is_gone,
    nodes_of,
    reaches,
    read,
    running,
    used_of,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def usage_of(bus: Bus, instance_id: str, meter: str, count: int) -> list[dict[str, Any]]:
    def is_ours(event: dict[str, Any]) -> bool:
        data = event["data"]
        return event["type"] == "compute.usage.recorded" and (data["resource_id"], data["meter"]) == (
            instance_id,
            meter,
        )

    return [event["data"] for event in bus.events("compute.events", is_ours, count)]


@pytest.mark.usefixtures("same_day")
def test_only_the_time_in_active_is_metered_and_to_the_microsecond(tenant: Tenant, bus: Bus) -> None:
    instance = running(tenant.api, flavor="micro")
    tenant.api.ok("POST", "/api/compute/v1/usage/flush")
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/stop", 202)
    reaches(tenant.api, instance["id"], "stopped")
    assert tenant.api.ok("POST", "/api/compute/v1/usage/flush") == {"recorded": 0}
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/start", 202)
    second_start = reaches(tenant.api, instance["id"], "active")["metered_from"]
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)

    # The bus keeps the order of a subject; these are three.
    records = sorted(usage_of(bus, instance["id"], "compute.vcpu_seconds", count=3), key=lambda r: r["started_at"])
    windows = [(datetime.fromisoformat(r["started_at"]), datetime.fromisoformat(r["ended_at"])) for r in records]

    assert windows[0][1] == windows[1][0], "metering goes on where it ended"
    assert windows[2][0] == datetime.fromisoformat(second_start)
    assert windows[2][0] > windows[1][1], "stopped time is nobody's usage"
    for record, (start, end) in zip(records, windows, strict=True):
        seconds = Decimal((end - start) // (datetime.resolution)) / 1_000_000
        assert Decimal(record["quantity"]) == seconds * Decimal("0.25")


@pytest.mark.services("tenants")
def test_a_suspended_tenants_instances_stop_and_a_closed_tenant_leaves_nothing(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated")

    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    stopped = reaches(tenant.operator, instance["id"], "stopped")
    assert stopped["metered_from"] is None
    assert [node["state"] for node in nodes_of(operator, tenant)] == ["stopped"]

    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    is_gone(tenant.operator, instance["id"])
    assert nodes_of(operator, tenant) == []
    eventually(lambda: used_of(operator, host["id"]) == NOTHING)


@pytest.mark.services("compliance")
def test_what_a_policy_denies_is_not_placed(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    policy = {
        "name": "no more than two cores",
        "effect": "deny",
        "enforcement": "deny",
        "actions": ["compute.instances.create"],
        "resource_types": ["instance"],
        "conditions": [{"field": "flavor", "operator": "equals", "value": "small"}],
    }
    tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json=policy)

    tenant.api.refused("POST", INSTANCES, 403, "policy_denied", json=dedicated(flavor="small"))
    assert used_of(operator, host["id"]) == NOTHING
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor="nano"))

    assert used_of(operator, host["id"])["vcpu"] == 100


@pytest.mark.services("compliance")
def test_what_a_policy_denies_can_not_be_become_by_a_change(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(labels={"owner": "a"}))
    policy = {
        "name": "nothing of nobody's",
        "effect": "deny",
        "enforcement": "deny",
        "actions": ["compute.instances.create", "compute.instances.update"],
        "resource_types": ["instance"],
        "conditions": [{"field": "labels.owner", "operator": "equals", "value": "nobody"}],
    }
    tenant.api.ok("POST", "/api/compliance/v1/policies", 201, json=policy)
    path = f"{INSTANCES}/{instance['id']}"

    tenant.api.refused("PATCH", path, 403, "policy_denied", json={"labels": {"owner": "nobody"}})
    assert read(tenant.api, instance["id"]) == instance

    assert tenant.api.ok("PATCH", path, json={"labels": {"owner": "b"}})["labels"] == {"owner": "b"}


@pytest.mark.infrastructure_state
def test_a_full_host_stays_exact_when_a_pending_instance_is_forced_and_deleted(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=2_100)
    ids = [tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("0.7")))["id"] for _ in range(3)]

    tenant.api.refused(
        "POST", f"{INSTANCES}/{ids[0]}/transitions", 409, "illegal_transition", json={"target": "active"}
    )
    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated(**custom("0.001")))
    assert [read(tenant.api, id)["state"] for id in ids] == ["pending"] * 3

    for id in ids:
        tenant.api.ok("DELETE", f"{INSTANCES}/{id}", 202)
    for id in ids:
        is_gone(tenant.api, id)
    assert used_of(operator, host["id"]) == NOTHING


@pytest.mark.services("network")
def test_every_zone_of_the_catalogue_takes_instances_and_subnets(tenant: Tenant) -> None:
    zones = tenant.api.ok("GET", "/api/compute/v1/zones")
    assert {zone["provider"] for zone in zones} == {"nimbus", "stratus", "cirrus"}
    vpc = tenant.api.ok("POST", "/api/network/v1/vpcs", 201, json={"name": "v", "cidr": "10.0.0.0/16"})
    chosen = [next(zone["name"] for zone in zones if zone["provider"] == name) for name in ("stratus", "cirrus")]

    for number, zone in enumerate(chosen):
        body = {"vpc_id": vpc["id"], "name": zone, "cidr": f"10.0.{number}.0/24", "zone": zone}
        tenant.api.ok("POST", "/api/network/v1/subnets", 201, json=body)
        instance = running(tenant.api, zone=zone)
        assert instance["placement"]["zone"] == zone
        assert instance["node_id"].startswith(zone.partition("-")[0])
