"""A tenant's life: events of it that come late, and instances that don't follow at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.closing import closed_while_making
from tests.support.computing import (
    INSTANCES,
    ZONE,
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
from tests.support.identities import Tenant
from tests.support.zones import quota

TENANTS = "/api/tenants/v1/tenants"
GROUPS = "/api/compute/v1/server-groups"


@pytest.mark.services("tenants")
def test_a_suspension_that_comes_after_its_end_stops_nothing(operator: Api, tenant: Tenant, bus: Bus) -> None:
    # Given a tenant that was suspended and goes on
    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")

    def is_suspension(event: dict[str, Any]) -> bool:
        return bool((event["type"], event["subject"]) == ("tenants.tenant.suspended", tenant.id))

    suspension = bus.events("tenants.events", is_suspension)[0]
    instance = running(tenant.operator)

    # When the suspension is delivered again, as one that was put aside is, and then there is another one
    bus.send("tenants.events", {**suspension, "id": f"{suspension['id']}-again", "correlationid": "late"})
    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend", headers={"X-Correlation-Id": "in-time"})

    # Then the second one alone has stopped the instance
    reaches(tenant.operator, instance["id"], "stopped")
    told = bus.of_subject("compute.events", instance["id"], count=5)
    stopping = [event for event in told if event["data"].get("state") == "stopping"]
    assert [event["correlationid"] for event in stopping] == ["in-time"]
    assert read(tenant.operator, instance["id"])["version"] == 5
    assert [entry["id"] for entry in tenant.operator.items(INSTANCES)] == [instance["id"]]


@pytest.mark.services("tenants")
def test_a_closed_tenant_leaves_neither_instance_nor_group_though_its_provider_refused_at_first(
    operator: Api, tenant: Tenant
) -> None:
    # Given an instance whose node its provider doesn't delete for as long as it is asked at once
    host = create_host(operator, tenant)
    group = tenant.api.ok("POST", GROUPS, 201, json={"name": "web", "policy": "anti-affinity"})
    instance = running(tenant.api, tenancy="dedicated", group_id=group["id"])
    plan_fault(operator, tenant, "destroy_node", "unavailable", remaining=4)

    operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    operator.ok("POST", f"{TENANTS}/{tenant.id}/close")

    reaches(tenant.operator, instance["id"], "failed", timeout=20)
    is_gone(tenant.operator, instance["id"], timeout=60)
    assert nodes_of(operator, tenant) == []
    eventually(lambda: used_of(operator, host["id"])["instances"] == 0)
    eventually(lambda: list(tenant.operator.items(GROUPS)) == [], timeout=20)


@pytest.mark.services("tenants")
@pytest.mark.timeout(180)
def test_a_tenant_that_is_closed_in_the_middle_of_creations_leaves_nothing_behind(operator: Api) -> None:
    def make(acting: Tenant, number: int) -> int:
        if number % 5 == 4:
            return acting.api.post(GROUPS, json={"name": f"group {number}", "policy": "affinity"}).status_code
        deferred = number % 2 == 0
        body = {"name": "vm", "flavor": "nano", "zone": ZONE, "deferred_start": deferred}
        return acting.api.post(INSTANCES, json=body).status_code

    def left(acting: Api) -> list[dict[str, Any]]:
        return [*acting.items(INSTANCES), *acting.items(GROUPS)]

    def counted(acting: Api) -> list[tuple[int, int]]:
        return [quota(acting, resource) for resource in ("instances", "vcpus", "memory_mib")]

    for _ in range(2):
        tenant, answers = closed_while_making(operator, make)
        assert answers <= {201, 401, 403}, answers
        eventually(lambda acting=tenant.operator: left(acting) == [], timeout=60)  # type: ignore[misc]
        assert nodes_of(operator, tenant) == []
        eventually(lambda acting=tenant.operator: counted(acting) == [(0, 0)] * 3, timeout=30)  # type: ignore[misc]
