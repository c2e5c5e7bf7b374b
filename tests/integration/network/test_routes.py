"""Routes: which way packets leave a VPC."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import TUNNELS, VPCS, create_vpc

NAT = "/api/network/v1/nat-gateways"


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
