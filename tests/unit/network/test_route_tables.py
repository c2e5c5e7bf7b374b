"""What may be in a route table."""

from __future__ import annotations

import pytest

from services.network.domain.cidr import parse_network
from services.network.domain.errors import InvalidRoute, RouteLimit
from services.network.domain.route_tables import MAX_ROUTES, check_inside, check_room
from services.network.domain.routes import TargetKind

LOCAL = [parse_network("10.0.0.0/16")]
SUBNETS = [parse_network("10.0.1.0/24")]


@pytest.mark.parametrize(
    ("destination", "kind"),
    [
        ("0.0.0.0/0", TargetKind.INTERNET_GATEWAY),
        ("10.0.0.0/8", TargetKind.VPN),
        ("10.0.0.0/16", TargetKind.PEERING),
        ("10.0.1.0/24", TargetKind.NAT_GATEWAY),
    ],
)
def test_routes_outside_of_the_vpc_and_to_a_middlebox_are_allowed(destination: str, kind: TargetKind) -> None:
    check_inside(parse_network(destination), kind, LOCAL, SUBNETS)


@pytest.mark.parametrize(
    ("destination", "kind"),
    [
        ("10.0.1.0/24", TargetKind.INTERNET_GATEWAY),
        ("10.0.2.0/24", TargetKind.NAT_GATEWAY),
        ("10.0.1.0/25", TargetKind.NAT_GATEWAY),
        ("10.0.1.0/24", TargetKind.BLACKHOLE),
    ],
)
def test_no_other_route_takes_traffic_from_the_local_one(destination: str, kind: TargetKind) -> None:
    with pytest.raises(InvalidRoute):
        check_inside(parse_network(destination), kind, LOCAL, SUBNETS)


def test_a_full_table_takes_no_further_route() -> None:
    check_room(MAX_ROUTES - 1)
    with pytest.raises(RouteLimit):
        check_room(MAX_ROUTES)
