"""Preemption that is torn, and many orders at once: nobody is built where somebody still runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.computing import (
    INSTANCES,
    create,
    create_host,
    dedicated,
    is_gone,
    nodes_of,
    plan_fault,
    reaches,
    running,
    used_of,
)
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

pytestmark = pytest.mark.timeout(180)  # a crash, a start, and what is taken up after it

SMALL = {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}


def test_a_crash_between_the_victims_end_and_the_orders_beginning(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    host = create_host(operator, tenant, millicores=1_000)
    victim = running(tenant.api, tenancy="dedicated", flavor="small", preemptible=True)
    plan_fault(operator, tenant, "destroy_node", "latency", latency_ms=3_000)
    order = create(tenant.api, tenancy="dedicated", flavor="small")

    fleet.crash("compute")

    built = reaches(tenant.api, order["id"], "active", timeout=60)
    is_gone(tenant.api, victim["id"])
    assert [node["id"] for node in nodes_of(operator, tenant)] == [built["node_id"]]
    assert used_of(operator, host["id"]) == SMALL


def test_orders_at_the_same_time_displace_each_victim_once(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=400)
    for _ in range(4):
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated(preemptible=True))

    def order(_: int) -> int:
        return tenant.api.post(INSTANCES, json=dedicated()).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(order, range(6)))

    assert answers == [201, 201, 201, 201, 409, 409]
    assert used_of(operator, host["id"])["instances"] == 4
    kept = [entry["preemptible"] for entry in tenant.api.items(INSTANCES) if entry["state"] == "pending"]
    assert kept == [False] * 4
