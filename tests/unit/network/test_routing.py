"""Longest-prefix routing, peering and VPN packet sizes."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import CidrOverlap, InvalidPeering, NotPeeringParty, TunnelMtuTooSmall
from services.network.domain.peering import (
    LIFE_CYCLE,
    Peering,
    PeeringState,
    check_answer,
    check_request,
    reachable,
)
from services.network.domain.routing import Route, TargetKind, lookup
from services.network.domain.vpn import Cipher, tcp_mss, tunnel_mtu

ROUTES = [
    Route(parse_network("0.0.0.0/0"), TargetKind.INTERNET_GATEWAY, "igw-1"),
    Route(parse_network("10.0.0.0/16"), TargetKind.LOCAL),
    Route(parse_network("10.0.7.0/24"), TargetKind.VPN, "vpn-1"),
    Route(parse_network("::/0"), TargetKind.INTERNET_GATEWAY, "igw-2"),
]


@pytest.mark.parametrize(
    ("address", "kind", "target"),
    [
        ("10.0.7.9", TargetKind.VPN, "vpn-1"),
        ("10.0.8.9", TargetKind.LOCAL, ""),
        ("8.8.8.8", TargetKind.INTERNET_GATEWAY, "igw-1"),
        ("2001:db8::1", TargetKind.INTERNET_GATEWAY, "igw-2"),
    ],
)
def test_the_longest_prefix_wins_in_any_order_of_routes(address: str, kind: TargetKind, target: str) -> None:
    for order in permutations(ROUTES):
        route = lookup(order, parse_address(address))
        assert route is not None
        assert (route.kind, route.target) == (kind, target)


def test_an_address_without_a_route_has_none() -> None:
    assert lookup(ROUTES[1:3], parse_address("172.16.0.1")) is None
    assert lookup([], parse_address("10.0.0.1")) is None


def peering(state: PeeringState, first: str = "vpc-a", second: str = "vpc-b") -> Peering:
    return Peering("t-1", first, "t-2", second, state)


@pytest.mark.parametrize(
    ("state", "connected"),
    [
        (PeeringState.PENDING_ACCEPTANCE, False),
        (PeeringState.ACTIVE, True),
        (PeeringState.REJECTED, False),
        (PeeringState.DELETED, False),
    ],
)
def test_only_an_active_peering_carries_traffic_and_both_ways(state: PeeringState, connected: bool) -> None:
    assert reachable([peering(state)], "vpc-a", "vpc-b") is connected
    assert reachable([peering(state)], "vpc-b", "vpc-a") is connected


def test_peering_is_not_transitive() -> None:
    peerings = [peering(PeeringState.ACTIVE), peering(PeeringState.ACTIVE, "vpc-b", "vpc-c")]

    assert not reachable(peerings, "vpc-a", "vpc-c")


def test_only_the_accepters_tenant_answers() -> None:
    check_answer(peering(PeeringState.PENDING_ACCEPTANCE), "t-2")
    for tenant in ("t-1", "t-3"):
        with pytest.raises(NotPeeringParty):
            check_answer(peering(PeeringState.PENDING_ACCEPTANCE), tenant)


def test_a_vpc_does_not_peer_with_itself() -> None:
    network = [parse_network("10.0.0.0/16")]

    with pytest.raises(InvalidPeering):
        check_request("vpc-a", network, "vpc-a", network)


def test_overlapping_vpcs_do_not_peer() -> None:
    ours = [parse_network("10.0.0.0/16")]

    check_request("vpc-a", ours, "vpc-b", [parse_network("10.1.0.0/16")])
    with pytest.raises(CidrOverlap):
        check_request("vpc-a", ours, "vpc-b", [parse_network("10.0.128.0/17")])


def test_a_peering_becomes_active_only_from_pending_acceptance() -> None:
    before_active = [state for state in PeeringState if LIFE_CYCLE.is_allowed(state, PeeringState.ACTIVE)]

    assert before_active == [PeeringState.PENDING_ACCEPTANCE]


@pytest.mark.parametrize(
    ("cipher", "outer_version", "nat_traversal", "mtu"),
    [
        (Cipher.AES_GCM, 4, False, 1406),
        (Cipher.AES_GCM, 4, True, 1398),
        (Cipher.AES_GCM, 6, False, 1386),
        (Cipher.CHACHA20_POLY1305, 4, False, 1406),
        (Cipher.AES_CBC_SHA256, 4, False, 1390),
        (Cipher.AES_CBC_SHA256, 4, True, 1390),
        (Cipher.AES_CBC_SHA256, 6, True, 1358),
    ],
)
def test_a_tunnels_mtu_is_what_encapsulation_leaves_of_1460(
    cipher: Cipher, outer_version: int, nat_traversal: bool, mtu: int
) -> None:
    assert tunnel_mtu(cipher, outer_version=outer_version, nat_traversal=nat_traversal) == mtu


@pytest.mark.parametrize("cipher", list(Cipher))
def test_the_largest_inner_packet_fits_and_one_byte_more_does_not(cipher: Cipher) -> None:
    block, overhead = {
        Cipher.AES_GCM: (4, 52),
        Cipher.CHACHA20_POLY1305: (4, 52),
        Cipher.AES_CBC_SHA256: (16, 60),
    }[cipher]

    def encapsulated(inner: int) -> int:
        return -(-(inner + 2) // block) * block + overhead

    mtu = tunnel_mtu(cipher, gateway_mtu=1500)

    assert encapsulated(mtu) <= 1500 < encapsulated(mtu + 1)


def test_the_mss_leaves_room_for_ip_and_tcp_headers() -> None:
    assert tcp_mss(1406) == 1366
    assert tcp_mss(1406, inner_version=6) == 1346


def test_a_gateway_mtu_that_leaves_too_little_is_refused() -> None:
    assert tunnel_mtu(Cipher.AES_GCM, gateway_mtu=632) == 578
    with pytest.raises(TunnelMtuTooSmall):
        tunnel_mtu(Cipher.AES_GCM, gateway_mtu=631)
