"""Longest-prefix routing."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.routes import Route, TargetKind, lookup, state_of

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


def test_a_route_is_active_unless_it_drops_its_packets() -> None:
    assert [kind.value for kind in TargetKind if state_of(kind) != "active"] == ["blackhole"]
