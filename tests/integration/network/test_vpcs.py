"""VPCs: ranges, their ends, quotas."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.networking import SUBNETS, TUNNELS, VPCS, cidrs, create_subnet, create_vpc


@pytest.mark.parametrize(
    ("existing", "wanted"),
    [
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("10.0.0.0/16", "10.0.128.0/17"),
        ("10.0.128.0/17", "10.0.0.0/16"),
    ],
    ids=["equal", "contained", "containing"],
)
def test_a_vpc_that_shares_addresses_with_another_is_refused(tenant: Tenant, existing: str, wanted: str) -> None:
    create_vpc(tenant.api, existing)

    problem = tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "second", "cidr": wanted})

    assert problem["overlaps_with"] == existing
    assert cidrs(tenant.api) == [existing]


@pytest.mark.parametrize(
    "cidr", ["127.0.0.0/16", "169.254.0.0/16", "169.254.169.0/24", "0.1.0.0/16", "224.0.0.0/24", "255.255.0.0/16"]
)
def test_no_vpc_is_made_where_addresses_have_a_use_of_their_own(tenant: Tenant, cidr: str) -> None:
    """Loopback, link-local with the clouds' metadata, this network, multicast, reserved space (RFC 6890)."""
    tenant.api.refused("POST", VPCS, 422, "invalid_cidr", json={"name": "a", "cidr": cidr})
    assert cidrs(tenant.api) == []


@pytest.mark.parametrize("cidr", ["fe80::/48", "ff02::/48", "::/48"])
def test_no_vpc_has_an_ipv6_range_with_a_use_of_its_own(tenant: Tenant, cidr: str) -> None:
    body = {"name": "a", "cidr": "10.0.0.0/16", "ipv6_cidr": cidr}
    tenant.api.refused("POST", VPCS, 422, "invalid_cidr", json=body)
    assert cidrs(tenant.api) == []


def test_ipv6_ranges_are_compared_with_ipv6_ranges_only(tenant: Tenant) -> None:
    create_vpc(tenant.api, "10.0.0.0/16", ipv6_cidr="2001:db8::/48")

    tenant.api.refused(
        "POST",
        VPCS,
        409,
        "cidr_overlap",
        json={"name": "second", "cidr": "10.1.0.0/16", "ipv6_cidr": "2001:db8:0:ff00::/56"},
    )
    create_vpc(tenant.api, "10.1.0.0/16", ipv6_cidr="2001:db8:1::/48")

    assert cidrs(tenant.api) == ["10.0.0.0/16", "10.1.0.0/16"]


def test_two_tenants_may_use_the_same_range(tenant: Tenant, other_tenant: Tenant) -> None:
    create_vpc(tenant.api, "10.0.0.0/16")
    create_vpc(other_tenant.api, "10.0.0.0/16")

    assert cidrs(tenant.api) == cidrs(other_tenant.api) == ["10.0.0.0/16"]


def test_of_overlapping_vpcs_made_at_once_one_comes_about(tenant: Tenant) -> None:
    wanted = ["10.0.0.0/16", "10.0.0.0/17", "10.0.64.0/18"]

    def make(cidr: str) -> int:
        return tenant.api.post(VPCS, json={"name": "vpc", "cidr": cidr}).status_code

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(make, wanted))

    assert sorted(answers) == [201, 409, 409]
    assert len(cidrs(tenant.api)) == 1


def test_a_vpc_with_something_in_it_stays(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)

    problem = tenant.api.refused("DELETE", f"{VPCS}/{vpc['id']}", 409, "resource_in_use")
    assert problem["used_by"] == ["subnets"]

    tenant.api.ok("DELETE", f"{SUBNETS}/{subnet['id']}", 204)
    tenant.api.ok("DELETE", f"{VPCS}/{vpc['id']}", 204)
    assert cidrs(tenant.api) == []


def test_a_tenants_quota_counts_vpcs(tenant: Tenant) -> None:
    tenant.operator.ok("PUT", "/api/tenants/v1/quotas/vpcs", json={"limit": 1})
    create_vpc(tenant.api)

    problem = tenant.api.refused("POST", VPCS, 403, "quota_exceeded", json={"name": "b", "cidr": "10.1.0.0/16"})

    assert (problem["resource"], problem["limit"]) == ("vpcs", 1)
    assert cidrs(tenant.api) == ["10.0.0.0/16"]


def test_an_overlapping_vpc_holds_no_quota(tenant: Tenant) -> None:
    create_vpc(tenant.api)
    tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "b", "cidr": "10.0.1.0/24"})

    quotas = {entry["resource"]: entry for entry in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]}
    assert quotas["vpcs"]["used"] + quotas["vpcs"]["reserved"] == 1


def test_lists_are_paged_without_gap_or_repeat(tenant: Tenant, member: Api) -> None:
    created = [create_vpc(tenant.api, f"10.{number}.0.0/16")["id"] for number in range(3)]

    pages = member.ok("GET", VPCS, params={"limit": 2})

    assert [vpc["id"] for vpc in pages["items"]] == created[:2]
    assert [vpc["id"] for vpc in member.items(VPCS, limit=2)] == created


def test_what_was_sent_comes_back_as_it_was_or_is_refused(tenant: Tenant) -> None:
    """Text keeps its blanks and numbers aren't made of text; of a range there is one spelling (RFC 5952)."""
    made = create_vpc(tenant.api, name=" a b ", ipv6_cidr="2001:DB8:0::/56")
    assert (made["name"], made["ipv6_cidr"]) == (" a b ", "2001:db8::/56")
    for fields in ({"cidr": " 10.1.0.0/16"}, {"cidr": "10.1.0.0/16\n"}, {"cidr": "10.1.0.0/016"}):
        tenant.api.refused("POST", VPCS, 422, "invalid_cidr", json={"name": "b", **fields})
    for name in (5, True, "", "  ", None):
        tenant.api.refused("POST", VPCS, 422, "validation_failed", json={"name": name, "cidr": "10.1.0.0/16"})
    tunnel = {"vpc_id": made["id"], "name": "office", "peer_address": "192.0.2.1"}
    for field, value in (
        ("gateway_mtu", "1400"),
        ("gateway_mtu", True),
        ("nat_traversal", "yes"),
        ("nat_traversal", 1),
    ):
        tenant.api.refused("POST", TUNNELS, 422, "validation_failed", json={**tunnel, field: value})
    assert tenant.api.ok("POST", TUNNELS, 201, json={**tunnel, "gateway_mtu": 1400.0})["gateway_mtu"] == 1400
    assert cidrs(tenant.api) == ["10.0.0.0/16"]
