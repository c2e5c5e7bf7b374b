"""Route tables: the longest matching prefix wins (RFC 1812 §5.2.4.3), whatever the order of the routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.network.domain.cidr import Address, Network


class TargetKind(StrEnum):
    """Where a route may lead."""

    LOCAL = "local"
    INTERNET_GATEWAY = "internet_gateway"
    NAT_GATEWAY = "nat_gateway"
    PEERING = "peering"
    VPN = "vpn"
    BLACKHOLE = "blackhole"


class RouteState(StrEnum):
    """Whether packets arrive (EC2: `DescribeRouteTables`, the state of a route)."""

    ACTIVE = "active"
    BLACKHOLE = "blackhole"


def state_of(kind: TargetKind) -> RouteState:
    """A route that was made to drop packets, or whose target is gone, is a black hole."""
    return RouteState.BLACKHOLE if kind is TargetKind.BLACKHOLE else RouteState.ACTIVE


@dataclass(frozen=True)
class Route:
    """Packets to `destination` go to a target."""

    destination: Network
    kind: TargetKind
    target: str = ""


def lookup(routes: Iterable[Route], address: Address) -> Route | None:
    """The most specific route to an address; None when there is no route at all."""
    matching = [
        route for route in routes if route.destination.version == address.version and address in route.destination
    ]
    return max(matching, key=lambda route: route.destination.prefixlen, default=None)
