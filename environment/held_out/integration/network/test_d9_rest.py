"""Addresses rest, whoever held them and in whatever order they came back."""

from __future__ import annotations

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, NAT, allocate, create_subnet, create_vpc


def test_what_came_back_first_goes_out_first_and_none_before_its_time(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), "10.0.4.0/26")
    held = {each["address"]: each["id"] for each in (allocate(tenant.api, subnet) for _ in range(4))}
    tenant.api.ok("DELETE", f"{ADDRESSES}/{held['10.0.4.6']}", 204)
    fleet.step_clock(100)
    tenant.api.ok("DELETE", f"{ADDRESSES}/{held['10.0.4.5']}", 204)

    assert allocate(tenant.api, subnet)["address"] == "10.0.4.8"
    fleet.step_clock(650)
    assert [allocate(tenant.api, subnet)["address"] for _ in range(2)] == ["10.0.4.6", "10.0.4.9"]
    fleet.step_clock(760)
    assert [allocate(tenant.api, subnet)["address"] for _ in range(2)] == ["10.0.4.5", "10.0.4.10"]


def test_the_address_of_a_gateway_that_is_gone_rests_too(tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), "10.0.5.0/28")
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    tenant.api.ok("DELETE", f"{NAT}/{gateway['id']}", 204)

    assert allocate(tenant.api, subnet)["address"] == "10.0.5.5"
    resting = {"subnet_id": subnet["id"], "address": "10.0.5.4"}
    tenant.api.refused("POST", ADDRESSES, 409, "address_taken", json=resting)
