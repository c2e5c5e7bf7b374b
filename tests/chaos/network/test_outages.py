"""Network dies, the bus goes away, quotas can't be asked: no range twice, no address twice, no event lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.closing import closed_while_making
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import (
    ADDRESSES,
    NAT,
    VPCS,
    addresses_of,
    allocate,
    cidrs,
    create_subnet,
    create_vpc,
)
from tests.support.quotas import count_what_does_not_exist
from tests.support.zones import quota


def test_what_was_answered_before_a_crash_is_there_after_it(tenant: Tenant, fleet: FleetControl, bus: Bus) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    address = allocate(tenant.api, subnet)
    fleet.kill("network")
    fleet.start("network")
    fleet.wait_healthy("network")

    eventually(lambda: addresses_of(tenant.api, subnet) == ["10.0.0.4"])
    assert allocate(tenant.api, subnet)["address"] == "10.0.0.5"
    tenant.api.refused("POST", VPCS, 409, "cidr_overlap", json={"name": "b", "cidr": "10.0.7.0/24"})
    assert [event["type"] for event in bus.of_subject("network.events", address["id"])] == ["network.address.allocated"]


def test_an_order_repeated_after_a_crash_is_carried_out_once(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    order = {"json": {"subnet_id": subnet["id"]}, "headers": {"Idempotency-Key": "order-1"}}
    first = tenant.api.ok("POST", ADDRESSES, 201, **order)

    fleet.kill("network")
    fleet.start("network")
    fleet.wait_healthy("network")

    assert eventually(lambda: tenant.api.ok("POST", ADDRESSES, 201, **order)) == first
    assert addresses_of(tenant.api, subnet) == ["10.0.0.4"]


def test_events_of_changes_made_while_the_bus_is_away_arrive_once_and_in_order(
    tenant: Tenant, fleet: FleetControl, bus: Bus
) -> None:
    fleet.kafka_down()
    vpc = create_vpc(tenant.api)
    tenant.api.ok("PATCH", f"{VPCS}/{vpc['id']}", json={"name": "renamed"})
    fleet.kafka_up()

    tenant.api.ok("PATCH", f"{VPCS}/{vpc['id']}", json={"name": "again"})
    events = bus.of_subject("network.events", vpc["id"], count=3, timeout=20)

    assert [(event["sequence"], event["data"]["name"]) for event in events] == [
        (1, "vpc"),
        (2, "renamed"),
        (3, "again"),
    ]


@pytest.mark.services("tenants")
def test_nothing_is_made_while_nobody_can_say_what_the_quota_allows(tenant: Tenant, fleet: FleetControl) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    fleet.kill("tenants")

    assert tenant.api.post(ADDRESSES, json={"subnet_id": subnet["id"]}).status_code == 503
    assert tenant.api.post(VPCS, json={"name": "b", "cidr": "10.1.0.0/16"}).status_code == 503
    assert addresses_of(tenant.api, subnet) == []
    assert cidrs(tenant.api) == ["10.0.0.0/16"]

    fleet.start("tenants")
    fleet.wait_healthy("tenants")
    eventually(lambda: tenant.api.post(ADDRESSES, json={"subnet_id": subnet["id"]}).is_success)
    assert addresses_of(tenant.api, subnet) == ["10.0.0.4"]


@pytest.mark.services("tenants")
def test_quota_of_what_does_not_exist_comes_back_and_that_of_what_does_stays(
    tenant: Tenant, fleet: FleetControl
) -> None:
    allocate(tenant.api, create_subnet(tenant.api, create_vpc(tenant.api)))
    for resource, kind in (("vpcs", "vpc"), ("subnets", "subnet"), ("addresses", "addr")):
        count_what_does_not_exist(tenant, resource, f"{kind}-0.{resource}")

    def counted() -> list[tuple[int, int]]:
        return [quota(tenant.api, resource) for resource in ("vpcs", "subnets", "addresses")]

    eventually(lambda: counted() == [(2, 0)] * 3)
    fleet.step_clock(310)
    fleet.restart("network")
    eventually(lambda: counted() == [(1, 0)] * 3, timeout=20)


@pytest.mark.services("tenants")
def test_a_tenant_that_is_closed_in_the_middle_of_creations_leaves_nothing_behind(operator: Api) -> None:
    def make(acting: Tenant, number: int) -> int:
        return acting.api.post(VPCS, json={"name": "v", "cidr": f"10.{number}.0.0/16"}).status_code

    for _ in range(2):
        tenant, answers = closed_while_making(operator, make)
        assert answers <= {201, 401, 403}, answers
        eventually(lambda acting=tenant.operator: cidrs(acting) == [], timeout=30)  # type: ignore[misc]
        eventually(lambda acting=tenant.operator: quota(acting, "vpcs") == (0, 0), timeout=30)  # type: ignore[misc]


@pytest.mark.services("tenants")
def test_no_address_is_handed_out_twice_and_none_is_lost_when_network_dies_meanwhile(
    tenant: Tenant, fleet: FleetControl
) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api))
    order = {"subnet_id": subnet["id"]}

    def allocated(number: int) -> str:
        try:
            answer = tenant.api.post(ADDRESSES, json=order, headers={"Idempotency-Key": f"order-{number}"})
        except httpx.TransportError:
            return ""
        return str(answer.json()["address"]) if answer.status_code == 201 else ""

    with ThreadPoolExecutor(6) as pool:
        early = pool.map(allocated, range(12))
        fleet.kill("network")
        answered = [address for address in early if address]
    fleet.start("network")
    fleet.wait_healthy("network")
    eventually(lambda: tenant.api.get(ADDRESSES).is_success)
    repeated = [eventually(lambda number=number: allocated(number)) for number in range(12)]  # type: ignore[misc]

    assert set(answered) <= set(repeated)
    assert sorted(repeated) == sorted(addresses_of(tenant.api, subnet))
    assert len(set(repeated)) == 12
    eventually(lambda: quota(tenant.api, "addresses") == (12, 0), timeout=20)


def test_connections_through_a_gateway_outlive_a_kill(tenant: Tenant, fleet: FleetControl) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    route = {"destination": "0.0.0.0/0", "target_kind": "nat_gateway", "target": gateway["id"]}
    tenant.api.ok("POST", f"{VPCS}/{vpc['id']}/routes", 201, json=route)
    path = f"{NAT}/{gateway['id']}/translations"
    packet = {"protocol": "tcp", "source_port": 40_000, "destination": "203.0.113.7", "destination_port": 443}
    before = [tenant.api.ok("POST", path, json={**packet, "source": f"10.0.0.{n}"}) for n in (10, 11)]

    fleet.kill("network")
    fleet.start("network")
    fleet.wait_healthy("network")
    eventually(lambda: tenant.api.get(path).is_success)

    answer = {"protocol": "tcp", "source": "203.0.113.7", "source_port": 443, "port": before[1]["port"]}
    assert tenant.api.ok("POST", f"{path}/incoming", json=answer)["source"] == "10.0.0.11"
    assert tenant.api.ok("POST", path, json={**packet, "source": "10.0.0.12"})["port"] == 40_002
