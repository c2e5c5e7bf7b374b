"""Further ranges of a VPC, as EC2 associates them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.networking import PEERINGS, SUBNETS, VPCS, allocate, create_subnet, create_vpc


def blocks(vpc: dict[str, Any]) -> str:
    return f"{VPCS}/{vpc['id']}/cidr-blocks"


def associate(api: Api, vpc: dict[str, Any], cidr: str) -> dict[str, Any]:
    """The VPC with one more range."""
    changed: dict[str, Any] = api.ok("POST", blocks(vpc), 201, json={"cidr": cidr})
    return changed


def local_routes(api: Api, vpc: dict[str, Any]) -> list[str]:
    routes = api.items(f"{VPCS}/{vpc['id']}/routes")
    return [route["destination"] for route in routes if route["target_kind"] == "local"]


def test_subnets_and_addresses_come_from_every_range_of_a_vpc(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    body = {"vpc_id": vpc["id"], "name": "s", "cidr": "10.1.0.0/24", "zone": "nimbus-eu-1a"}
    tenant.api.refused("POST", SUBNETS, 422, "subnet_outside_vpc", json=body)

    changed = associate(tenant.api, vpc, "10.1.0.0/16")

    assert ([block["cidr"] for block in changed["cidr_blocks"]], changed["version"]) == (["10.1.0.0/16"], 2)
    assert local_routes(tenant.api, vpc) == ["10.0.0.0/16", "10.1.0.0/16"]
    assert allocate(tenant.api, create_subnet(tenant.api, vpc, "10.1.0.0/24"))["address"] == "10.1.0.4"


def test_an_ipv6_range_may_come_later(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    associate(tenant.api, vpc, "2001:db8::/56")
    assert allocate(tenant.api, create_subnet(tenant.api, vpc, "2001:db8::/64"))["address"] == "2001:db8::4"


def test_a_range_that_is_somewhere_already_is_refused(tenant: Tenant) -> None:
    vpc, other = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(tenant.api, "10.1.0.0/16")
    associate(tenant.api, other, "10.2.0.0/16")

    for cidr in ("10.0.3.0/24", "10.1.0.0/20", "10.2.9.0/24"):
        tenant.api.refused("POST", blocks(vpc), 409, "cidr_overlap", json={"cidr": cidr})
    tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "c", "cidr": "10.2.0.0/24"})
    for cidr in ("127.0.0.0/16", "10.3.0.0/8", "10.3.0.0"):
        assert tenant.api.post(blocks(vpc), json={"cidr": cidr}).status_code == 422

    assert tenant.api.ok("GET", f"{VPCS}/{vpc['id']}")["cidr_blocks"] == []


def test_a_range_that_a_peer_or_a_route_has_is_refused_without_telling_the_peers_ranges(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    vpc, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.8.0.0/16")
    associate(other_tenant.api, theirs, "10.9.0.0/16")
    body = {"vpc_id": vpc["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=body)
    other_tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/accept")
    route = {"destination": "10.20.7.0/24", "target_kind": "blackhole"}
    tenant.api.ok("POST", f"{VPCS}/{vpc['id']}/routes", 201, json=route)

    problem = tenant.api.refused("POST", blocks(vpc), 409, "cidr_overlap", json={"cidr": "10.9.128.0/24"})
    tenant.api.refused("POST", blocks(vpc), 409, "cidr_overlap", json={"cidr": "10.20.0.0/16"})

    assert "10.9.0.0" not in problem["detail"]
    assert local_routes(tenant.api, vpc) == ["10.0.0.0/16"]


def test_a_peering_sees_all_ranges_of_both_sides(tenant: Tenant, other_tenant: Tenant) -> None:
    vpc, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.8.0.0/16")
    associate(other_tenant.api, theirs, "10.0.0.0/20")
    body = {"vpc_id": vpc["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    tenant.api.refused("POST", PEERINGS, 409, "cidr_overlap", json=body)


def test_a_range_goes_when_nothing_is_in_it_and_the_first_ones_never(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    [block] = associate(tenant.api, vpc, "10.1.0.0/16")["cidr_blocks"]
    one = f"{blocks(vpc)}/{block['id']}"
    subnet = create_subnet(tenant.api, vpc, "10.1.0.0/24")

    tenant.api.refused("DELETE", one, 409, "resource_in_use")
    tenant.api.ok("DELETE", f"{SUBNETS}/{subnet['id']}", 204)
    tenant.api.refused("DELETE", one, 412, "version_conflict", headers={"If-Match": '"1"'})
    tenant.api.ok("DELETE", one, headers={"If-Match": '"2"'})

    tenant.api.refused("DELETE", one, 404, "not_found")
    assert local_routes(tenant.api, vpc) == ["10.0.0.0/16"]
    create_vpc(tenant.api, "10.1.0.0/16")


def test_of_ranges_added_at_once_no_two_overlap_and_no_more_than_five_are_there(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")

    def add(number: int) -> int:
        return tenant.api.post(blocks(vpc), json={"cidr": f"10.{1 + number // 2}.0.0/16"}).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(add, range(12)))

    assert sorted(answers) == [201] * 4 + [409] * 8
    assert len(tenant.api.ok("GET", f"{VPCS}/{vpc['id']}")["cidr_blocks"]) == 4
    problem = tenant.api.refused("POST", blocks(vpc), 409, json={"cidr": "10.99.0.0/16"})
    assert problem["code"] == "cidr_block_limit"
