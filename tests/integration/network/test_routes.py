"""Routes: which way packets leave a VPC."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.identities import Tenant
from tests.support.networking import NAT, TUNNELS, VPCS, create_subnet, create_vpc

ROUTES = "/api/network/v1/routes"


def test_the_longest_prefix_wins_whatever_the_order_of_the_routes(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    routes = f"{VPCS}/{vpc['id']}/routes"
    tunnel = tenant.api.ok(
        "POST", TUNNELS, 201, json={"vpc_id": vpc["id"], "name": "office", "peer_address": "192.0.2.1"}
    )
    for destination, kind, target in (
        ("0.0.0.0/0", "internet_gateway", ""),
        ("172.16.0.0/12", "blackhole", ""),
        ("172.16.5.0/24", "vpn", tunnel["id"]),
    ):
        body = {"destination": destination, "target_kind": kind, "target": target}
        tenant.api.ok("POST", routes, 201, json=body)

    def taken(address: str) -> str:
        route = tenant.api.ok("GET", f"{routes}/lookup", params={"address": address})
        found: str = route["destination"]
        return found

    assert taken("172.16.5.9") == "172.16.5.0/24"
    assert taken("172.16.6.9") == "172.16.0.0/12"
    assert taken("10.0.3.4") == "10.0.0.0/16"
    assert taken("8.8.8.8") == "0.0.0.0/0"
    tenant.api.refused("GET", f"{routes}/lookup", 404, "not_found", params={"address": "2001:db8::1"})


def test_a_vpcs_local_route_can_neither_be_removed_nor_replaced(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    routes = f"{VPCS}/{vpc['id']}/routes"
    [local] = tenant.api.items(routes)

    tenant.api.refused("DELETE", f"/api/network/v1/routes/{local['id']}", 409, "immutable_route")
    body = {"destination": "10.0.0.0/16", "target_kind": "blackhole"}
    tenant.api.refused("POST", routes, 409, "duplicate_route", json=body)

    assert list(tenant.api.items(routes)) == [local]


def make_target(api: Api, kind: str, vpc: dict[str, Any], number: int = 0) -> str:
    """Something that a route of the VPC may lead to; its path."""
    if kind == "vpn":
        body = {"vpc_id": vpc["id"], "name": "office", "peer_address": "192.0.2.1"}
        return f"{TUNNELS}/{api.ok('POST', TUNNELS, 201, json=body)['id']}"
    subnet = create_subnet(api, vpc, f"10.0.{number}.0/24")
    return f"{NAT}/{api.ok('POST', NAT, 201, json={'subnet_id': subnet['id'], 'name': 'nat'})['id']}"


@pytest.mark.parametrize("kind", ["nat_gateway", "vpn"])
def test_a_route_whose_target_is_deleted_is_a_black_hole(tenant: Tenant, bus: Bus, kind: str) -> None:
    """EC2: the route stays in the state `blackhole`, so that its traffic doesn't take the next wider route."""
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    routes = f"{VPCS}/{vpc['id']}/routes"
    wide = tenant.api.ok("POST", routes, 201, json={"destination": "0.0.0.0/0", "target_kind": "internet_gateway"})
    target = make_target(tenant.api, kind, vpc)
    body = {"destination": "172.16.0.0/12", "target_kind": kind, "target": target.rpartition("/")[2]}
    made = tenant.api.ok("POST", routes, 201, json=body)
    assert (wide["state"], made["state"]) == ("active", "active")

    tenant.api.ok("DELETE", target, 204)

    found = tenant.api.ok("GET", f"{routes}/lookup", params={"address": "172.16.1.1"})
    assert (found["id"], found["state"], found["target"]) == (made["id"], "blackhole", body["target"])
    told = bus.of_subject("network.events", made["id"], count=2)
    assert [event["type"] for event in told] == ["network.route.created", "network.route.updated"]
    again = {"destination": "172.16.0.0/12", "target_kind": "internet_gateway"}
    tenant.api.refused("POST", routes, 409, "duplicate_route", json=again)
    tenant.api.refused("POST", routes, 404, "not_found", json={**body, "destination": "172.32.0.0/12"})
    tenant.api.ok("DELETE", f"{ROUTES}/{made['id']}", 204)
    tenant.api.ok("POST", routes, 201, json=again)


def test_no_route_leads_to_what_is_deleted_while_it_is_made(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api, "10.0.0.0/16")
    routes = f"{VPCS}/{vpc['id']}/routes"
    for number in range(6):
        target = make_target(tenant.api, "vpn", vpc)
        body = {"destination": f"172.16.{number}.0/24", "target_kind": "vpn", "target": target.rpartition("/")[2]}
        with ThreadPoolExecutor(2) as pool:
            making = pool.submit(tenant.api.post, routes, json=body)
            ending = pool.submit(tenant.api.delete, target)
            assert (making.result().status_code in (201, 404), ending.result().status_code) == (True, 204)

    assert {each["target_kind"] for each in tenant.api.items(routes)} <= {"local", "blackhole"}
