"""What counts, when whoever counts stands still again and again."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import create_tenant, login_operator
from tests.support.networking import ADDRESSES, VPCS, create_subnet, create_vpc
from tests.support.orders import STILL_BEING_ANSWERED, Order
from tests.support.zones import quota

CLIENTS = 12
PAUSES, PAUSE_SECONDS, BETWEEN_SECONDS = 6, 1.0, 0.5
RESERVED_SECONDS = 900
"""A reservation that nobody settles waits for a quarter of an hour."""
RESOURCES = ("addresses", "vpcs", "subnets")


@pytest.mark.services("tenants")
@pytest.mark.timeout(400)
def test_what_counts_is_what_is_held_though_tenants_stands_still_a_second_at_a_time(
    operator: Api, fleet: FleetControl
) -> None:
    # Room for the reservations that failed attempts leave until they expire
    tenant = create_tenant(operator, quotas={"addresses": 1_000, "vpcs": 500})
    subnet = create_subnet(tenant.api, create_vpc(tenant.api, "172.16.0.0/16"), "172.16.0.0/24")
    addresses = [Order(ADDRESSES, {"subnet_id": subnet["id"]}, f"address-{number}") for number in range(24)]
    vpcs = [Order(VPCS, {"name": "v", "cidr": f"10.{number}.0.0/16"}, f"vpc-{number}") for number in range(8)]
    orders = [*addresses[:12], *vpcs, *addresses[12:]]
    # Given orders that are placed side by side, when the tenants service stops and goes on and stops
    with ThreadPoolExecutor(CLIENTS) as clients:
        placed: list[Future[str]] = []
        for _ in range(PAUSES):
            with fleet.paused("tenants"):
                if not placed:
                    placed = [clients.submit(order.placed, tenant.api, 180.0) for order in orders]
                wait(placed, timeout=PAUSE_SECONDS)
            wait(placed, timeout=BETWEEN_SECONDS)
        made = [each.result() for each in placed]
    # Then nobody was told anything but to come again
    refused = {answer for order in orders for answer in order.refused} - {STILL_BEING_ANSWERED}
    assert {status for status, _ in refused} <= {503, 504}, refused
    assert [order.without_an_end for order in orders if order.without_an_end] == []
    # And each order was carried out once
    held = [entry["id"] for entry in tenant.api.items(ADDRESSES, subnet_id=subnet["id"])]
    held += [vpc["id"] for vpc in tenant.api.items(VPCS) if vpc["id"] != subnet["vpc_id"]]
    assert sorted(held) == sorted(made)
    # And what counts is exactly that, once what failed attempts have reserved has expired
    fleet.step_clock(RESERVED_SECONDS + 1)
    acting = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    eventually(lambda: [quota(acting, each) for each in RESOURCES] == [(24, 0), (9, 0), (1, 0)], 60.0)
