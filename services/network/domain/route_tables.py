"""What may be in a route table, and which table a subnet uses (EC2)."""

from __future__ import annotations

from collections.abc import Iterable

from services.network.domain.cidr import Network, contains
from services.network.domain.errors import InvalidRoute, RouteLimit
from services.network.domain.routes import TargetKind

MAX_ROUTES = 1000
"""In one table: the highest that EC2 grants. Each packet's way is found by looking at all of them."""
MAX_ROUTE_TABLES = 200
"""In one VPC (EC2's quota)."""


def check_room(routes: int) -> None:
    """Whether a table with so many routes takes another. Raises RouteLimit."""
    if routes >= MAX_ROUTES:
        raise RouteLimit(f"a route table has at most {MAX_ROUTES} routes")


def check_inside(destination: Network, kind: TargetKind, local: Iterable[Network], subnets: Iterable[Network]) -> None:
    """Whether a route may take traffic between a VPC's own machines another way than its local route.

    As in EC2: for one whole subnet, to a middlebox, which here is a NAT gateway. Raises InvalidRoute.
    """
    if not any(contains(network, destination) and network != destination for network in local):
        return
    if kind is not TargetKind.NAT_GATEWAY or destination not in list(subnets):
        raise InvalidRoute(
            f"{destination} lies inside the VPC: such a route is for exactly one subnet, and leads to a NAT gateway"
        )
