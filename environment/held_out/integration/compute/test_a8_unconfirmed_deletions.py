"""What the provider still has stays on record, whatever it answered."""

import pytest

from tests.support.api import Api
from tests.support.computing import (
    INSTANCES,
    create_host,
    is_gone,
    nodes_of,
    plan_fault,
    reaches,
    running,
    used_of,
)
from tests.support.identities import Tenant


@pytest.mark.parametrize(("kind", "times"), [("out_of_capacity", 1), ("unavailable", 4)])
def test_a_stopped_instance_that_the_provider_does_not_let_go_stays_with_its_claims(
    operator: Api, tenant: Tenant, kind: str, times: int
) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated", flavor="micro")
    held = used_of(operator, host["id"])
    tenant.api.ok("POST", f"{INSTANCES}/{instance['id']}/stop", 202)
    reaches(tenant.api, instance["id"], "stopped")
    plan_fault(operator, tenant, "destroy_node", kind, remaining=times)

    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    assert reaches(tenant.api, instance["id"], "failed")["last_error"] is not None
    assert [node["id"] for node in nodes_of(operator, tenant)] == [instance["node_id"]]
    assert used_of(operator, host["id"]) == held

    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    is_gone(tenant.api, instance["id"])
    assert nodes_of(operator, tenant) == []
    assert used_of(operator, host["id"])["instances"] == 0


def test_a_deletion_whose_answers_get_lost_is_done_once(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    instance = running(tenant.api, tenancy="dedicated")
    plan_fault(operator, tenant, "destroy_node", "timeout")
    tenant.api.ok("DELETE", f"{INSTANCES}/{instance['id']}", 202)
    is_gone(tenant.api, instance["id"])
    assert nodes_of(operator, tenant) == []
    assert used_of(operator, host["id"]) == {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}
