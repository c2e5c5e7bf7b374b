"""Handing out addresses and taking them back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, addresses_of, allocate, create_subnet, create_vpc

SMALL = "10.0.0.0/28"


def test_the_first_four_addresses_and_the_last_are_never_handed_out(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)

    for reserved in ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.15"):
        body = {"subnet_id": subnet["id"], "address": reserved}
        tenant.api.refused("POST", ADDRESSES, 422, "address_reserved", json=body)
    assert (addresses_of(tenant.api, subnet), subnet["usable_addresses"]) == ([], 11)
    assert allocate(tenant.api, subnet)["address"] == "10.0.0.4"
    assert allocate(tenant.api, subnet, address="10.0.0.14")["address"] == "10.0.0.14"


def test_a_subnet_hands_out_eleven_of_sixteen_addresses_and_no_more(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)
    handed_out = [allocate(tenant.api, subnet)["address"] for _ in range(11)]

    tenant.api.refused("POST", ADDRESSES, 409, "subnet_exhausted", json={"subnet_id": subnet["id"]})

    assert handed_out == [f"10.0.0.{number}" for number in range(4, 15)]
    assert addresses_of(tenant.api, subnet) == handed_out


def test_a_released_address_rests_before_it_is_handed_out_again(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)
    first = allocate(tenant.api, subnet)
    tenant.api.ok("DELETE", f"{ADDRESSES}/{first['id']}", 204)

    assert allocate(tenant.api, subnet)["address"] == "10.0.0.5"
    body = {"subnet_id": subnet["id"], "address": "10.0.0.4"}
    tenant.api.refused("POST", ADDRESSES, 409, "address_taken", json=body)
    assert addresses_of(tenant.api, subnet) == ["10.0.0.5"]

    fleet.step_clock(601)
    assert allocate(tenant.api, subnet)["address"] == "10.0.0.4"


def test_a_subnet_whose_last_address_rests_is_exhausted(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)
    held = [allocate(tenant.api, subnet) for _ in range(11)]
    tenant.api.ok("DELETE", f"{ADDRESSES}/{held[-1]['id']}", 204)

    tenant.api.refused("POST", ADDRESSES, 409, "subnet_exhausted", json={"subnet_id": subnet["id"]})
    assert addresses_of(tenant.api, subnet) == [each["address"] for each in held[:-1]]

    fleet.step_clock(601)
    assert allocate(tenant.api, subnet)["address"] == held[-1]["address"] == "10.0.0.14"


def test_an_address_is_released_once(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)
    address = allocate(tenant.api, subnet, holder="vm-1")
    path = f"{ADDRESSES}/{address['id']}"
    assert tenant.api.ok("GET", path)["holder"] == "vm-1"

    tenant.api.ok("DELETE", path, 204)

    tenant.api.refused("DELETE", path, 404, "not_found")
    tenant.api.refused("GET", path, 404, "not_found")


def test_addresses_handed_out_at_once_are_all_different(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), SMALL)

    with ThreadPoolExecutor(4) as pool:
        handed_out = list(pool.map(lambda _: allocate(tenant.api, subnet)["address"], range(4)))

    assert sorted(handed_out) == ["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]


def test_ipv6_subnets_hand_out_addresses_too(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, ipv6_cidr="2001:db8::/56")
    subnet = create_subnet(tenant.api, vpc, "2001:db8::/64")

    assert allocate(tenant.api, subnet)["address"] == "2001:db8::4"


def test_all_addresses_are_listed_after_those_of_one_subnet_were(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnets = [create_subnet(tenant.api, vpc, cidr) for cidr in (SMALL, "10.0.1.0/28")]
    held = [allocate(tenant.api, subnet)["id"] for subnet in subnets]
    for subnet, address in zip(subnets, held, strict=True):
        assert [each["id"] for each in tenant.api.items(ADDRESSES, subnet_id=subnet["id"])] == [address]
        assert [each["id"] for each in tenant.api.items(ADDRESSES)] == held
