"""Network dies, the bus goes away, quotas can't be asked: no range twice, no address twice, no event lost."""

from __future__ import annotations

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.closing import closed_while_making
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.networking import (
    ADDRESSES,
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
