"""How packets leave a VPC: routes, peerings, tunnels and NAT gateways."""

from __future__ import annotations

from tests.support.identities import Tenant
from tests.support.networking import ADDRESSES, PEERINGS, TUNNELS, VPCS, addresses_of, create_subnet, create_vpc

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


def test_a_peering_carries_traffic_only_once_the_other_side_has_agreed(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.1.0.0/16")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}
    peering = tenant.api.ok("POST", PEERINGS, 201, json=request)
    path, routes = f"{PEERINGS}/{peering['id']}", f"{VPCS}/{ours['id']}/routes"
    route = {"destination": "10.1.0.0/16", "target_kind": "peering", "target": peering["id"]}
    assert peering["state"] == "pending_acceptance"

    tenant.api.refused("POST", f"{path}/accept", 404, "peering_not_found")
    tenant.api.refused("POST", routes, 422, "invalid_route", json=route)
    assert tenant.api.ok("GET", path)["state"] == "pending_acceptance"

    assert other_tenant.api.ok("POST", f"{path}/accept")["state"] == "active"
    tenant.api.ok("POST", routes, 201, json=route)
    other_tenant.api.refused("POST", f"{path}/accept", 409, "illegal_transition")


def test_peering_is_not_transitive(tenant: Tenant) -> None:
    first, middle, last = (create_vpc(tenant.api, f"10.{number}.0.0/16")["id"] for number in range(3))
    for one, other in ((first, middle), (middle, last)):
        peering = tenant.api.ok("POST", PEERINGS, 201, json={"vpc_id": one, "peer_vpc_id": other})
        tenant.api.ok("POST", f"{PEERINGS}/{peering['id']}/accept")

    def reachable(source: str, destination: str) -> bool:
        answer = tenant.api.ok("GET", f"{VPCS}/{source}/reachability", params={"vpc_id": destination})
        found: bool = answer["reachable"]
        return found

    assert [reachable(first, middle), reachable(last, middle), reachable(first, last)] == [True, True, False]


def test_overlapping_vpcs_do_not_peer_and_their_ranges_stay_private(tenant: Tenant, other_tenant: Tenant) -> None:
    ours, theirs = create_vpc(tenant.api, "10.0.0.0/16"), create_vpc(other_tenant.api, "10.0.64.0/18")
    request = {"vpc_id": ours["id"], "peer_tenant_id": other_tenant.id, "peer_vpc_id": theirs["id"]}

    answer = tenant.api.post(PEERINGS, json=request)

    assert (answer.status_code, answer.json()["code"]) == (409, "cidr_overlap")
    assert "10.0.64.0" not in answer.text
    assert list(other_tenant.api.items(PEERINGS)) == []


def test_a_tunnels_packet_sizes_leave_room_for_its_encapsulation(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)

    def sizes(**fields: object) -> tuple[int, int]:
        body = {"vpc_id": vpc["id"], "name": "office", "peer_address": "192.0.2.1", **fields}
        tunnel = tenant.api.ok("POST", TUNNELS, 201, json=body)
        return tunnel["mtu"], tunnel["mss"]

    assert sizes() == (1_406, 1_366)
    assert sizes(nat_traversal=True) == (1_398, 1_358)
    assert sizes(cipher="aes-256-cbc-sha256") == (1_390, 1_350)
    assert sizes(peer_address="2001:db8::1") == (1_386, 1_346)


def test_a_nat_gateway_holds_an_address_of_its_subnet_and_gives_it_back(tenant: Tenant) -> None:
    vpc = create_vpc(tenant.api)
    subnet = create_subnet(tenant.api, vpc)
    gateway = tenant.api.ok("POST", NAT, 201, json={"subnet_id": subnet["id"], "name": "nat"})
    [address] = tenant.api.items(ADDRESSES, subnet_id=subnet["id"])
    assert (gateway["address"], address["holder"]) == ("10.0.0.4", gateway["id"])

    tenant.api.refused("DELETE", f"{ADDRESSES}/{address['id']}", 409, "resource_in_use")
    tenant.api.ok("DELETE", f"{NAT}/{gateway['id']}", 204)

    assert addresses_of(tenant.api, subnet) == []
