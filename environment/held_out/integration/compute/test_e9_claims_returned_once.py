"""Whatever ends returns what it still holds, and nothing a second time."""

from tests.support.api import Api
from tests.support.computing import (
    HOSTS,
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


def fail_and_delete(operator: Api, tenant: Tenant) -> None:
    """An instance whose build fails, and that is deleted then."""
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")
    tenant.api.ok("DELETE", f"{INSTANCES}/{failed['id']}", 202)
    is_gone(tenant.api, failed["id"])


def test_the_number_of_a_hosts_instances_is_theirs_after_builds_that_failed(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, max_instances=2)
    running(tenant.api, tenancy="dedicated")
    for _ in range(2):
        fail_and_delete(operator, tenant)
    assert used_of(operator, host["id"])["instances"] == 1
    # One more has room, and no second
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    tenant.api.refused("POST", INSTANCES, 409, json=dedicated())
    assert used_of(operator, host["id"])["instances"] == 2


def test_an_instance_that_ran_returns_its_claims_with_its_end(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    first, second = running(tenant.api, tenancy="dedicated"), running(tenant.api, tenancy="dedicated")
    tenant.api.ok("DELETE", f"{INSTANCES}/{first['id']}", 202)
    is_gone(tenant.api, first["id"])
    assert used_of(operator, host["id"])["instances"] == 1
    fail_and_delete(operator, tenant)
    tenant.api.ok("DELETE", f"{INSTANCES}/{second['id']}", 202)
    is_gone(tenant.api, second["id"])
    assert used_of(operator, host["id"]) == {"vcpu": 0, "memory_mib": 0, "disk_gib": 0, "instances": 0}
    assert operator.ok("GET", f"{HOSTS}/{host['id']}")["instances"] == 0
