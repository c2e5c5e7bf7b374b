"""What counts, when whoever counts stands still again and again."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, create_tenant, login_operator
from tests.support.networking import ADDRESSES, NAT, PEERINGS, VPCS, allocate, create_subnet, create_vpc
from tests.support.orders import STILL_BEING_ANSWERED, Order
from tests.support.rows import held_rows
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


NOBODY_WAITS = """
SELECT 1 WHERE NOT EXISTS (
    SELECT 1 FROM pg_stat_activity WHERE application_name = 'network' AND datname = current_database()
    AND wait_event_type = 'Lock'
)
"""


@pytest.mark.services("compliance")
def test_nobody_waits_for_a_tenant_whose_policies_are_not_judged(
    fleet: FleetControl, tenant: Tenant, other_tenant: Tenant
) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    subnets = [create_subnet(tenant.api, ours, f"10.0.{number}.0/24")["id"] for number in range(3)]
    subnets.append(create_subnet(other_tenant.api, theirs, "10.1.0.0/24")["id"])
    asking = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    with fleet.paused("compliance"), ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(tenant.api.post, PEERINGS, json=asking)]
        for api, subnet in zip([tenant.api] * 3 + [other_tenant.api], subnets, strict=True):
            asked.append(threads.submit(api.post, NAT, json={"subnet_id": subnet, "name": "nat"}))
        for _ in range(40):
            with held_rows(
                fleet, "network", "SELECT id FROM network.vpcs WHERE id = %s FOR UPDATE NOWAIT", theirs["id"]
            ):
                pass
            with held_rows(fleet, "network", NOBODY_WAITS):
                pass
        assert not any(each.done() for each in asked), "they are still waiting for an answer"


def test_a_clock_that_is_set_back_keeps_no_address_from_use(fleet: FleetControl, tenant: Tenant) -> None:
    subnet = create_subnet(tenant.api, create_vpc(tenant.api), "10.0.0.0/28")
    fleet.step_clock(600)
    address = allocate(tenant.api, subnet)
    tenant.api.ok("DELETE", f"{ADDRESSES}/{address['id']}", 204)
    fleet.step_clock(0)
    fleet.restart("network")

    def rests_since_now() -> bool:
        query = "SELECT id FROM network.addresses WHERE id = %s AND released_at < now() + interval '300 s' FOR UPDATE"
        try:
            with held_rows(fleet, "network", query, address["id"]):
                return True
        except AssertionError:
            return False

    eventually(rests_since_now, 40.0)
