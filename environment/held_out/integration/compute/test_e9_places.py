"""The places of a host are counted right, whatever becomes of those that had one."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.computing import (
    INSTANCES,
    create,
    create_host,
    dedicated,
    is_gone,
    plan_fault,
    reaches,
    running,
    used_of,
)
from tests.support.identities import Tenant


def delete(tenant: Tenant, instance_id: str) -> None:
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance_id}", 202)
    is_gone(tenant.api, instance_id)


def test_who_failed_and_goes_takes_nobody_elses_place_along(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    living = running(tenant.api, tenancy="dedicated")
    failed = []
    for _ in range(2):
        plan_fault(operator, tenant, "create_node", "out_of_capacity")
        failed.append(reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")["id"])

    for instance_id in failed:
        delete(tenant, instance_id)
        assert used_of(operator, host["id"])["instances"] == 1
    delete(tenant, living["id"])

    assert used_of(operator, host["id"]) == {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


def test_what_was_built_at_the_second_attempt_gives_its_place_back_once(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    instance = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")["id"]
    tenant.api.ok("POST", f"{INSTANCES}/{instance}/transitions", 202, json={"target": "provisioning"})
    reaches(tenant.api, instance, "active")
    assert used_of(operator, host["id"])["instances"] == 1

    delete(tenant, instance)

    assert used_of(operator, host["id"])["instances"] == 0


def test_what_was_never_built_gives_its_place_back_all_the_same(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, max_instances=2)
    deferred = [tenant.api.ok("POST", INSTANCES, 201, json=dedicated())["id"] for _ in range(2)]

    delete(tenant, deferred[0])

    assert used_of(operator, host["id"])["instances"] == 1
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    assert used_of(operator, host["id"])["instances"] == 2
