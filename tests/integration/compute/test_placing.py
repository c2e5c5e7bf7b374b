"""Claims on hosts: exact capacity, groups, contention."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.computing import HOSTS, INSTANCES, at_once, create_host, custom, dedicated, is_gone, read, used_of
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant


@pytest.mark.parametrize(("share", "times", "exact"), [("0.7", 3, 2_100), ("1.1", 3, 3_300)])
def test_repeated_fractional_claims_leave_no_millicore_free(
    operator: Api, tenant: Tenant, share: str, times: int, exact: int
) -> None:
    host = create_host(operator, tenant, millicores=exact)
    for _ in range(times):
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom(share)))

    assert used_of(operator, host["id"])["vcpu"] == exact
    problem = tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated(**custom("0.001")))

    assert problem["rejected_by"] == "capacity"
    assert used_of(operator, host["id"])["instances"] == times


def test_the_allocation_ratio_oversells_only_what_is_not_reserved(operator: Api, tenant: Tenant) -> None:
    inventories = [
        {"resource_class": "vcpu", "total": 1_000, "reserved": 200, "allocation_ratio": "1.5"},
        {"resource_class": "memory_mib", "total": 4_096, "reserved": 1_024},
    ]
    host = create_host(operator, tenant, inventories=inventories)
    assert {kind: entry["capacity"] for kind, entry in host["resources"].items()} == {
        "vcpu": 1_200,
        "memory_mib": 3_072,
    }

    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("1.2", 3_072)))

    assert used_of(operator, host["id"]) == {"vcpu": 1_200, "memory_mib": 3_072, "instances": 1}


def test_minimum_maximum_and_step_hold_together(operator: Api, tenant: Tenant) -> None:
    inventories = [
        {"resource_class": "vcpu", "total": 8_000, "min_unit": 250, "max_unit": 1_000, "step_unit": 250},
        {"resource_class": "memory_mib", "total": 4_096},
    ]
    host = create_host(operator, tenant, inventories=inventories)

    answers = {
        vcpus: tenant.api.post(INSTANCES, json=dedicated(**custom(vcpus))).status_code
        for vcpus in ("0.5", "0.3", "0.1", "1.25")
    }

    assert answers == {"0.5": 201, "0.3": 409, "0.1": 409, "1.25": 409}
    assert used_of(operator, host["id"]) == {"vcpu": 500, "memory_mib": 16, "instances": 1}


def test_memory_is_counted_in_mebibytes_whatever_unit_it_is_written_in(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)

    for memory, mib in (("1GiB", 1_024), ("1GB", 954)):
        size = {"vcpus": "0.1", "memory": memory}
        created = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor=None, size=size))
        assert created["memory_mib"] == mib

    assert used_of(operator, host["id"])["memory_mib"] == 1_978


def test_members_of_an_anti_affinity_group_never_share_a_host(operator: Api, tenant: Tenant) -> None:
    hosts = [create_host(operator, tenant)["id"] for _ in range(2)]
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "ha", "policy": "anti-affinity"})

    def place() -> str:
        instance = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(group_id=group["id"]))
        host_id: str = instance["placement"]["host_id"]
        return host_id

    with ThreadPoolExecutor(2) as pool:
        placed = [future.result() for future in [pool.submit(place) for _ in range(2)]]
    problem = tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated(group_id=group["id"]))

    assert sorted(placed) == sorted(hosts)
    assert problem["rejected_by"] == "group"
    shown = tenant.api.ok("GET", f"/api/compute/v1/server-groups/{group['id']}")
    assert (shown["members"], shown["hosts"]) == (2, sorted(hosts))


@pytest.mark.parametrize(("policy", "spreading", "on"), [("anti-affinity", "pack", 2), ("affinity", "spread", 1)])
def test_members_that_are_ordered_at_once_keep_to_their_groups_policy(
    operator: Api, tenant: Tenant, fleet: FleetControl, policy: str, spreading: str, on: int
) -> None:
    # Given two hosts, of which a second order would rather take what the group forbids
    for _ in range(2):
        create_host(operator, tenant)

    for number in range(2):
        body = {"name": f"group {number}", "policy": policy}
        group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json=body)
        order = dedicated(group_id=group["id"], spreading=spreading)
        made = at_once(fleet, *[lambda order=order: tenant.api.ok("POST", INSTANCES, 201, json=order)] * 2)

        assert len({instance["placement"]["host_id"] for instance in made}) == on


def test_members_of_an_affinity_group_share_one_host(operator: Api, tenant: Tenant) -> None:
    for _ in range(2):
        create_host(operator, tenant)
    group = tenant.api.ok("POST", "/api/compute/v1/server-groups", 201, json={"name": "near", "policy": "affinity"})

    placed = {
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated(group_id=group["id"]))["placement"]["host_id"]
        for _ in range(2)
    }

    assert len(placed) == 1


def test_spreading_and_packing_choose_opposite_hosts(operator: Api, tenant: Tenant) -> None:
    for _ in range(2):
        create_host(operator, tenant)
    first = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(flavor="small"))["placement"]["host_id"]

    spread = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(spreading="spread"))["placement"]["host_id"]
    packed = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(spreading="pack"))["placement"]["host_id"]

    assert spread != first
    assert packed == first


def test_of_hosts_that_are_equally_full_the_one_with_fewer_instances_is_the_emptier(
    operator: Api, tenant: Tenant
) -> None:
    # Given a host with two instances and one with a single instance that is as large as both
    many = create_host(operator, tenant)["id"]
    for _ in range(2):
        tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("0.1", 64)))
    few = create_host(operator, tenant)["id"]
    tenant.api.ok("POST", INSTANCES, 201, json=dedicated(**custom("0.2", 128)))
    assert [used_of(operator, id)["instances"] for id in (many, few)] == [2, 1]

    def goes_to(spreading: str) -> str:
        order = dedicated(spreading=spreading, **custom("0.1", 64))
        placed = tenant.api.ok("POST", INSTANCES, 201, json=order)
        tenant.api.ok("DELETE", f"{INSTANCES}/{placed['id']}", 202)
        is_gone(tenant.api, placed["id"])
        host_id: str = placed["placement"]["host_id"]
        return host_id

    assert (goes_to("spread"), goes_to("pack")) == (few, many)


def test_parallel_placements_never_claim_more_than_there_is(operator: Api, tenant: Tenant, fleet: FleetControl) -> None:
    host = create_host(operator, tenant, millicores=200)

    answers = at_once(fleet, *[lambda: tenant.api.post(INSTANCES, json=dedicated()).status_code] * 4)

    assert sorted(answers) == [201, 201, 409, 409]
    assert used_of(operator, host["id"]) == {"vcpu": 200, "memory_mib": 256, "disk_gib": 2, "instances": 2}


def test_the_same_idempotency_key_places_one_instance(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    headers = {"Idempotency-Key": "order-1"}

    first = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(), headers=headers)
    again = tenant.api.ok("POST", INSTANCES, 201, json=dedicated(), headers=headers)
    tenant.api.refused("POST", INSTANCES, 422, "idempotency_key_reused", json=dedicated(name="other"), headers=headers)

    assert again == first
    assert used_of(operator, host["id"])["instances"] == 1


def test_a_disabled_host_takes_nothing_new_and_a_used_one_can_not_be_removed(operator: Api, tenant: Tenant) -> None:
    host = create_host(operator, tenant)
    placed = tenant.api.ok("POST", INSTANCES, 201, json=dedicated())

    operator.ok("PATCH", f"{HOSTS}/{host['id']}", json={"enabled": False})
    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())
    operator.refused("DELETE", f"{HOSTS}/{host['id']}", 409, "host_in_use")

    assert read(tenant.api, placed["id"])["placement"]["host_id"] == host["id"]


def test_an_instance_that_can_not_be_placed_holds_no_quota(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant, millicores=50)

    tenant.api.refused("POST", INSTANCES, 409, "no_valid_host", json=dedicated())

    quotas = {entry["resource"]: entry for entry in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]}
    held = {name: quotas[name]["used"] + quotas[name]["reserved"] for name in ("instances", "vcpus", "memory_mib")}
    assert held == {"instances": 0, "vcpus": 0, "memory_mib": 0}


def test_lists_are_paged_without_gap_or_repeat(operator: Api, tenant: Tenant) -> None:
    create_host(operator, tenant)
    created = [tenant.api.ok("POST", INSTANCES, 201, json=dedicated())["id"] for _ in range(3)]

    first = tenant.api.ok("GET", INSTANCES, params={"limit": 2})
    rest = list(tenant.api.items(INSTANCES, limit=2))

    assert [entry["id"] for entry in first["items"]] == created[:2]
    assert [entry["id"] for entry in rest] == created
