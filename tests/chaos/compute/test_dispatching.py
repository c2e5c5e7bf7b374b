"""A provider that hangs keeps nobody waiting but those who wait for it: not other tenants, and not those who hear."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.computing import INSTANCES, create, create_host, plan_fault, reaches, read, running, used_of
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

TENANTS = "/api/tenants/v1/tenants"
HANGS_MS = 20_000
"""Longer than anything else here takes."""
SOON = 8.0
NANO = {"vcpu": 100, "memory_mib": 128, "disk_gib": 1, "instances": 1}


def test_a_provider_that_hangs_for_one_tenant_keeps_nobody_else_waiting(
    operator: Api, tenant: Tenant, other_tenant: Tenant
) -> None:
    # Given more of a tenant's builds than its share of threads, at a provider that doesn't answer
    plan_fault(operator, tenant, "create_node", "latency", remaining=4, latency_ms=HANGS_MS)
    hanging = [create(tenant.api) for _ in range(4)]
    reaches(tenant.api, hanging[0]["id"], "provisioning")

    # When another tenant orders, starts, stops and deletes
    instance = running(other_tenant.api)
    path = f"{INSTANCES}/{instance['id']}"
    other_tenant.api.ok("POST", f"{path}/stop", 202)
    reaches(other_tenant.api, instance["id"], "stopped", SOON)
    other_tenant.api.ok("POST", f"{path}/start", 202)
    reaches(other_tenant.api, instance["id"], "active", SOON)

    # Then that has been done while the first one's are still waited for
    assert {read(tenant.api, each["id"])["state"] for each in hanging} == {"provisioning"}


@pytest.mark.services("tenants")
def test_a_suspension_waits_for_no_provider_and_reaches_what_is_being_built(
    operator: Api, tenant: Tenant, other_tenant: Tenant, bus: Bus
) -> None:
    # Given an instance that is being built, and one of another tenant that runs
    plan_fault(operator, tenant, "create_node", "latency", latency_ms=HANGS_MS)
    building, theirs = create(tenant.api), running(other_tenant.api)
    reaches(tenant.operator, building["id"], "provisioning")

    # When both tenants are suspended
    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend", headers={"X-Correlation-Id": "suspended-meanwhile"})
    operator.ok("POST", f"{TENANTS}/{other_tenant.id}/suspend")

    # Then the other one's is stopped at once, and the first one's as soon as it is there
    reaches(other_tenant.operator, theirs["id"], "stopped", SOON)
    assert read(tenant.operator, building["id"])["state"] == "provisioning"
    reaches(tenant.operator, building["id"], "stopped", timeout=HANGS_MS / 1000 + SOON)
    told = bus.of_subject("compute.events", building["id"], count=5)
    assert [event["data"]["state"] for event in told] == ["pending", "provisioning", "active", "stopping", "stopped"]
    assert told[3]["correlationid"] == "suspended-meanwhile"


def test_what_a_process_had_in_hand_when_it_died_is_taken_up_by_whoever_is_alive(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    # Given more builds than a tenant has threads: some are asked for, the rest waits in the process's memory
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "latency", remaining=8, latency_ms=1_500)
    ordered = [create(tenant.api, tenancy="dedicated") for _ in range(8)]
    reaches(tenant.api, ordered[-1]["id"], "provisioning")

    fleet.crash("compute")

    for instance in ordered:
        assert reaches(tenant.api, instance["id"], "active", timeout=60)["version"] == 3
    assert used_of(operator, host["id"]) == {kind: 8 * amount for kind, amount in NANO.items()}
