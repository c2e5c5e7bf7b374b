"""Preemption: who agreed to give way does, as few as will do, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.computing import (
    INSTANCES,
    create,
    create_host,
    custom,
    dedicated,
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


@pytest.mark.timeout(150)
def test_an_order_displaces_what_is_preemptible_and_runs_once_that_is_gone(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=1_000)
    victim = running(tenant.api, tenancy="dedicated", flavor="small", preemptible=True)
    plan_fault(operator, tenant, "destroy_node", "latency", latency_ms=1_000)

    order = create(tenant.api, tenancy="dedicated", flavor="small")
    assert read(tenant.api, victim["id"])["state"] == "deleting"
    assert read(tenant.api, victim["id"])["last_error"] == "preempted: its capacity is needed"
    assert used_of(operator, host["id"]) == {"vcpu": 1_000, "memory_mib": 2_048, "disk_gib": 20, "instances": 1}

    built = reaches(tenant.api, order["id"], "active", timeout=30)
    is_gone(tenant.api, victim["id"])
    assert [node["id"] for node in nodes_of(operator, tenant)] == [built["node_id"]]
    assert used_of(operator, host["id"])["instances"] == 1


def test_as_few_give_way_as_will_do(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant, millicores=1_000)
    small, *large = (
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated(preemptible=True, **custom(vcpus)))
        for vcpus in ("0.2", "0.4", "0.4")
    )

    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("0.4")))

    states = [tenant.api.get(f"{INSTANCES}/{entry['id']}").status_code for entry in (small, large[0])]
    assert states == [200, 200], "the longest-lived are reprieved"
    assert [read(tenant.api, entry["id"])["state"] for entry in (small, large[0])] == ["pending", "pending"]
    is_gone(tenant.api, large[1]["id"])


def test_what_is_not_preemptible_stays_and_what_is_displaces_nobody(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, millicores=200)
    firm = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(preemptible=True))

    def refused(**order: Any) -> None:
        problem = tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated(**order))
        assert problem["rejected_by"] == "capacity"

    refused(preemptible=True)
    refused(**custom("0.15"))

    assert used_of(operator, host["id"])["instances"] == 2
    assert read(tenant.api, firm["id"]) == firm


@pytest.mark.timeout(150)
def test_a_victim_whose_provider_is_away_is_deleted_until_it_is_gone(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant, millicores=1_000)
    victim = running(tenant.api, tenancy="dedicated", flavor="small", preemptible=True)
    plan_fault(operator, tenant, "destroy_node", "unavailable", remaining=6)

    order = create(tenant.api, tenancy="dedicated", flavor="small")

    built = reaches(tenant.api, order["id"], "active", timeout=40)
    is_gone(tenant.api, victim["id"])
    assert [node["id"] for node in nodes_of(operator, tenant)] == [built["node_id"]]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("state", ["failed", "active"])
def test_a_victim_can_not_be_called_anything_else_while_another_waits_for_its_end(
    operator: Api, tenant: Tenant, state: str
) -> None:
    # Given an order that waits for what gives way to it, which its provider can't be asked to delete
    create_host(operator, tenant, millicores=1_000)
    victim = running(tenant.api, tenancy="dedicated", flavor="small", preemptible=True)
    plan_fault(operator, tenant, "destroy_node", "unavailable", remaining=12)
    order = create(tenant.api, tenancy="dedicated", flavor="small")
    # When an operator says that the victim is in another state
    path = f"{INSTANCES}/{victim['id']}/reset-state"
    eventually(lambda: read(tenant.api, victim["id"])["state"] == "deleting")
    # Asked again where the platform is just at work on it, which is refused by the same code
    eventually(
        lambda: (
            "gives way" in tenant.operator.refused("POST", path, 409, "instance_busy", json={"state": state})["detail"]
        )
    )
    # Then that is refused, and the order doesn't wait for ever
    reaches(tenant.api, order["id"], "active", timeout=60)
    is_gone(tenant.api, victim["id"])
