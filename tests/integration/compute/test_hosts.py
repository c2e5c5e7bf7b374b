"""What operators change of hosts, and what they can't (OpenStack Placement)."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.computing import (
    HOSTS,
    INSTANCES,
    ZONE,
    create,
    create_host,
    dedicated,
    is_gone,
    plan_fault,
    reaches,
    used_of,
)
from tests.support.identities import Tenant

VCPU = {"resource_class": "vcpu", "total": 4_000}
MEMORY = {"resource_class": "memory_mib", "total": 65_536}
DISK = {"resource_class": "disk_gib", "total": 1_000}


def test_an_inventory_with_claims_can_not_be_taken_away(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    before = operator.ok("GET", f"{HOSTS}/{host['id']}")

    problem = operator.refused(
        "PATCH", f"{HOSTS}/{host['id']}", 409, "inventory_in_use", json={"inventories": [VCPU, MEMORY]}
    )

    assert problem["resource_classes"] == ["disk_gib"]
    assert operator.ok("GET", f"{HOSTS}/{host['id']}") == before


def test_an_inventory_without_claims_goes_and_one_below_its_use_stays(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    size = {"vcpus": "1", "memory_mib": 16}
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor=None, size=size))

    body = {"inventories": [{**VCPU, "total": 500}, MEMORY]}
    changed = operator.ok("PATCH", f"{HOSTS}/{host['id']}", json=body)

    assert sorted(changed["resources"]) == ["memory_mib", "vcpu"]
    assert (changed["resources"]["vcpu"]["capacity"], changed["resources"]["vcpu"]["used"]) == (500, 1_000)


def test_a_host_takes_as_many_instances_as_it_may_whatever_has_failed_on_it(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant, max_instances=1)
    plan_fault(operator, tenant, "create_node", "out_of_capacity")
    failed = reaches(tenant.api, create(tenant.api, tenancy="dedicated")["id"], "failed")
    tenant.api.ok("DELETE", f"{INSTANCES}/{failed['id']}", 202)
    is_gone(tenant.api, failed["id"])

    tenant.api.ok("POST", INSTANCES, 201, json=dedicated())
    problem = tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())

    assert problem["rejected_by"] == "instance_slots"
    assert used_of(operator, host["id"])["instances"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"inventories": [VCPU, VCPU]},
        {"inventories": [{**VCPU, "max_unit": 10**15}]},
        {"inventories": [{**VCPU, "step_unit": 2**31}]},
        {"inventories": [{**VCPU, "reserved": 4_001}]},
        {"max_instances": 10**12},
    ],
)
def test_numbers_that_can_not_be_are_refused_and_change_nothing(
    operator: Api, tenant: Tenant, body: dict[str, object]
) -> None:
    host = create_host(operator, tenant)

    answer = operator.patch(f"{HOSTS}/{host['id']}", json=body)

    assert answer.status_code == 422, answer.text
    assert operator.ok("GET", f"{HOSTS}/{host['id']}") == host
    new = {"zone": ZONE, "inventories": [VCPU], **body}
    assert operator.post(HOSTS, json=new).status_code == 422


def test_a_host_that_was_changed_since_is_not_removed(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    path = f"{HOSTS}/{host['id']}"
    changed = operator.ok("PATCH", path, json={"max_instances": 3})

    stale = {"If-Match": f'"{host["version"]}"'}
    operator.refused("DELETE", path, 412, "version_conflict", headers=stale)
    operator.refused("POST", f"{path}/evacuate", 412, "version_conflict", headers=stale)
    assert used_of(operator, host["id"])["instances"] == 0

    operator.ok("DELETE", path, 204, headers={"If-Match": f'"{changed["version"]}"'})
    operator.refused("GET", path, 404, "host_not_found")
