"""Claims of all tenants, as a service lists them that compares them with what exists."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

RESERVATIONS = "/api/tenants/v1/quota/reservations"
UNCHANGED = "/api/tenants/v1/reservations"


def reserve(tenant: Tenant, name: str, resource: str = "deployments", amount: int = 1) -> None:
    body = {"resource": resource, "amount": amount, "reservation_id": name}
    tenant.operator.ok("POST", RESERVATIONS, 201, json=body)


def unchanged(
    api: Api, *tenants: Tenant, seconds: int = 0, resource: str = "deployments"
) -> list[tuple[str, str, str]]:
    """Tenant, name and state of the listed claims that are the given tenants'."""
    ids = {tenant.id for tenant in tenants}
    listed = api.items(UNCHANGED, resource=resource, unchanged_for_seconds=seconds)
    return [(item["tenant_id"], item["reservation_id"], item["state"]) for item in listed if item["tenant_id"] in ids]


def test_the_platform_sees_the_open_claims_of_all_tenants(operator: Api, tenant: Tenant, other_tenant: Tenant) -> None:
    reserve(tenant, "i-1", amount=4)
    reserve(other_tenant, "i-1")
    reserve(other_tenant, "i-2")
    reserve(other_tenant, "i-3")
    reserve(other_tenant, "v-1", resource="volumes")
    other_tenant.operator.ok("POST", f"{RESERVATIONS}/i-2/commit")
    other_tenant.operator.ok("POST", f"{RESERVATIONS}/i-3/release")

    assert unchanged(operator, tenant, other_tenant) == [
        (tenant.id, "i-1", "reserved"),
        (other_tenant.id, "i-1", "reserved"),
        (other_tenant.id, "i-2", "committed"),
    ]
    [item] = [item for item in operator.items(UNCHANGED, resource="deployments") if item["tenant_id"] == tenant.id]
    assert item == {
        "tenant_id": tenant.id, "reservation_id": "i-1", "resource": "deployments", "amount": 4, "state": "reserved",
    }  # fmt: skip


def test_claims_come_in_pages_without_gap_or_repetition(operator: Api, tenant: Tenant) -> None:
    names = [f"i-{number}" for number in range(5)]
    for name in names:
        reserve(tenant, name, resource="snapshots")

    listed = [item for item in operator.items(UNCHANGED, limit=2, resource="snapshots")]

    assert [item["reservation_id"] for item in listed if item["tenant_id"] == tenant.id] == names


def test_only_claims_that_have_been_quiet_for_so_long_are_listed(
    operator: Api, tenant: Tenant, fleet: FleetControl
) -> None:
    reserve(tenant, "i-quiet")
    reserve(tenant, "i-committed-later")
    assert unchanged(operator, tenant, seconds=300) == []

    fleet.step_clock(301)
    reserve(tenant, "i-new")
    tenant.operator.ok("POST", f"{RESERVATIONS}/i-committed-later/commit")

    assert unchanged(operator, tenant, seconds=300) == [(tenant.id, "i-quiet", "reserved")]
    assert {name for _, name, _ in unchanged(operator, tenant)} == {"i-quiet", "i-committed-later", "i-new"}


def test_from_a_tenant_only_its_own_claims_are_seen(tenant: Tenant, other_tenant: Tenant) -> None:
    reserve(tenant, "i-1")
    reserve(other_tenant, "i-1")
    assert unchanged(tenant.operator, tenant, other_tenant) == [(tenant.id, "i-1", "reserved")]


def test_what_to_list_is_checked(operator: Api) -> None:
    problem = operator.refused("GET", UNCHANGED, 422, "validation_failed", params={"unchanged_for_seconds": -1})
    assert sorted(error["field"] for error in problem["errors"]) == ["resource", "unchanged_for_seconds"]
    operator.refused("GET", UNCHANGED, 422, "unknown_resource", params={"resource": "unicorns"})


def test_the_list_is_not_for_tenants(tenant: Tenant) -> None:
    tenant.api.refused("GET", UNCHANGED, 403, "forbidden", params={"resource": "vcpus"})
