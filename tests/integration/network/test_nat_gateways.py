"""NAT gateways and their addresses."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, addresses_of, create_subnet, create_vpc

NAT = "/api/network/v1/nat-gateways"


def test_a_nat_gateway_holds_an_address_of_its_subnet_and_gives_it_back(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    [address] = tenant.api.items(ADDRESSES, subnet_id=subnet["id"])
    assert (gateway["address"], address["holder"]) == ("10.0.0.4", gateway["id"])

    tenant.api.refused("DELETE", f"{ADDRESSES}/{address['id']}", 409, "resource_in_use")
    tenant.api.ok("DELETE", f"{NAT}/{gateway['id']}", 204)

    assert addresses_of(tenant.api, subnet) == []


def test_a_nat_gateway_lies_in_a_subnet_of_ipv4(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, ipv6_cidr="2001:db8::/56")
    subnet = create_subnet(tenant.api, vpc, "2001:db8::/64")
    tenant.api.refused("POST", NAT, 422, "invalid_nat_subnet", json={"subnet_id": subnet["id"], "name": "nat"})
    assert (list(tenant.api.items(NAT)), addresses_of(tenant.api, subnet)) == ([], [])


def test_a_public_address_is_not_somebody_elses_at_once(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = (create_subnet(each.api, create_vpc(each.api)) for each in (tenant, other_tenant))
    had = []
    for _ in range(3):
        made = tenant.api.ok("POST", NAT, 201, json={"subnet_id": ours["id"], "name": "nat"})
        tenant.api.ok("DELETE", f"{NAT}/{made['id']}", 204)
        had.append(made["public_address"])
    new = other_tenant.api.ok("POST", NAT, 201, json={"subnet_id": theirs["id"], "name": "nat"})
    assert len({*had, new["public_address"]}) == 4
