"""Routes: how packets leave a VPC."""

from __future__ import annotations

from collections.abc import Callable

from services.network import published
from services.network.domain import routes
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import AnotherVpc, ImmutableRoute, InvalidRoute
from services.network.domain.peerings import PeeringState
from services.network.domain.route_tables import check_inside, check_room
from services.network.domain.routes import TargetKind
from services.network.models import Route, Vpc
from services.network.repository import (
    NatGatewayRepository,
    PeeringRepository,
    RouteRepository,
    RouteTableRepository,
    SubnetRepository,
    VpcRepository,
    VpnTunnelRepository,
)
from shared.errors import NotFound
from shared.infra.db.django import check_version
from shared.kernel.context import current, current_tenant, service_context
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_route(table_id: str, destination: str, target_kind: str, target: str) -> Route:
    """A route in a table, to a target that exists in the VPC.

    Raises NotFound (for the target too), InvalidCidr, InvalidRoute, RouteLimit or DuplicateRoute.
    """
    network = parse_network(destination)
    tables, subnets = RouteTableRepository(), SubnetRepository()
    vpc = VpcRepository().get(tables.get(table_id).vpc_id, lock=True)
    table = tables.get(table_id, lock=True)
    kind = TargetKind(target_kind)
    if kind is TargetKind.LOCAL:
        raise InvalidRoute("local routes come with the VPC")
    _TARGET_CHECKS.get(kind, _no_target)(vpc, target)
    check_inside(network, kind, map(parse_network, vpc.cidrs), map(parse_network, subnets.ranges_of(vpc.id)))
    check_room(RouteRepository().count_in(table.id))
    route = RouteRepository().add(
        Route(
            id=new_id("rt"),
            tenant_id=current_tenant(),
            vpc=vpc,
            route_table=table,
            destination=str(network),
            target_kind=kind.value,
            target=target,
        )
    )
    published.route_created(route)
    return route


def _no_target(vpc: Vpc, target: str) -> None:
    if target:
        raise InvalidRoute("this kind of target has no id")


# A target is held until the route is there: whoever deletes it then finds the route, and turns it into a black hole.


def _is_tunnel(vpc: Vpc, target: str) -> None:
    if VpnTunnelRepository().get(target, lock=True).vpc_id != vpc.id:
        raise InvalidRoute("the tunnel belongs to another VPC")


def _is_nat_gateway(vpc: Vpc, target: str) -> None:
    if NatGatewayRepository().get(target, lock=True).subnet.vpc_id != vpc.id:
        raise InvalidRoute("the NAT gateway belongs to another VPC")


def _is_active_peering(vpc: Vpc, target: str) -> None:
    peering = PeeringRepository().get(target, lock=True)
    if vpc.id not in (peering.requester_vpc_id, peering.accepter_vpc_id) or peering.state != PeeringState.ACTIVE:
        raise InvalidRoute("the peering is not active, or not one of this VPC's")


_TARGET_CHECKS: dict[TargetKind, Callable[[Vpc, str], None]] = {
    TargetKind.VPN: _is_tunnel,
    TargetKind.NAT_GATEWAY: _is_nat_gateway,
    TargetKind.PEERING: _is_active_peering,
}


def delete_route(route_id: str, expected: EntityTags | None = None) -> None:
    """Remove a route. Raises NotFound, VersionConflict or ImmutableRoute."""
    route = RouteRepository().get(route_id, lock=True)
    check_version(route, expected)
    if route.target_kind == TargetKind.LOCAL:
        raise ImmutableRoute("a VPC's local route goes with the VPC")
    published.route_deleted(route)
    route.delete()


def look_up(vpc_id: str, address: str, subnet_id: str | None = None) -> Route:
    """The route that packets to an address take: by the table of the subnet that they come from, else by the main one.

    Raises NotFound (for no route, too), InvalidAddress or AnotherVpc.
    """
    vpc = VpcRepository().get(vpc_id)
    rows = {row.destination: row for row in RouteRepository().of_table(_table_for(vpc, subnet_id))}
    known = [
        routes.Route(parse_network(row.destination), TargetKind(row.target_kind), row.target) for row in rows.values()
    ]
    found = routes.lookup(known, parse_address(address))
    if found is None:
        raise NotFound(f"there is no route to {address}")
    return rows[str(found.destination)]


def _table_for(vpc: Vpc, subnet_id: str | None) -> str:
    """The id of the table that a subnet of the VPC uses. Raises NotFound or AnotherVpc."""
    if subnet_id is None:
        return vpc.main_route_table_id
    subnet = SubnetRepository().get(subnet_id)
    if subnet.vpc_id != vpc.id:
        raise AnotherVpc(f"{subnet_id} belongs to another VPC", vpc_id=subnet.vpc_id)
    return subnet.route_table_id or vpc.main_route_table_id


def lead_nowhere(kind: TargetKind, target: str) -> None:
    """A target of routes, which the caller has locked, is going: packets for it are dropped from now on (EC2: state
    `blackhole`). If the routes went, their packets would take the next wider one, perhaps to the internet.

    Those over a peering may be another tenant's: what happens to them is told to that tenant, as the platform's doing.
    """
    context, routes = current(), RouteRepository()
    for route in routes.to_target(kind, target):
        route.target_kind = TargetKind.BLACKHOLE.value
        routes.save(route)
        if route.tenant_id == context.tenant_id:
            published.route_updated(route)
            continue
        with service_context(
            "network",
            route.tenant_id,
            context.clock,
            correlation_id=context.correlation_id,
            traceparent=context.traceparent,
            tracestate=context.tracestate,
        ):
            published.route_updated(route)
