"""A build that has failed holds nothing, however it came about and whatever the provider said last."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.computing import INSTANCES, create_host, dedicated, nodes_of, plan_fault, reaches, running, used_of
from tests.support.identities import Tenant

NOTHING = {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}


@pytest.mark.parametrize(("kind", "remaining"), [("unavailable", 4), ("out_of_capacity", 1)])
def test_a_deferred_build_that_fails_leaves_its_host_to_others(
    operator: Api, tenant: Tenant, kind: str, remaining: int
) -> None:
    host = create_host(operator, tenant, millicores=1_000)
    deferred = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor="small"))
    plan_fault(operator, tenant, "create_node", kind, remaining)

    tenant.api.ok("POST", f"{INSTANCES}/{deferred['id']}/transitions", 202, json={"target": "provisioning"})
    reaches(tenant.api, deferred["id"], "failed")

    assert (used_of(operator, host["id"]), nodes_of(operator, tenant)) == (NOTHING, [])
    other = running(tenant.api, tenancy="dedicated", flavor="small")
    again = {"json": {"target": "provisioning"}}
    tenant.api.refused("POST", f"{INSTANCES}/{deferred['id']}/transitions", 409, "no_valid_host", **again)
    assert [node["id"] for node in nodes_of(operator, tenant)] == [other["node_id"]]


def test_a_node_that_is_there_after_all_keeps_its_room(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    plan_fault(operator, tenant, "create_node", "timeout", remaining=4)
    deferred = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    tenant.api.ok("POST", f"{INSTANCES}/{deferred['id']}/transitions", 202, json={"target": "provisioning"})
    failed = reaches(tenant.api, deferred["id"], "failed")

    assert [node["id"] for node in nodes_of(operator, tenant)] == [failed["node_id"]]
    assert used_of(operator, host["id"])["instances"] == 1
