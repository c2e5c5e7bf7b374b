"""Routes, peerings, VPN tunnels and NAT gateways: how packets leave a VPC."""

from __future__ import annotations

from collections.abc import Callable

from services.network.domain import routing
from services.network.domain.cidr import parse_address, parse_network
from services.network.domain.errors import CidrOverlap, ImmutableRoute, InvalidRoute, ResourceInUse
from services.network.domain.peering import LIFE_CYCLE, PeeringState, check_answer, check_request, reachable
from services.network.domain.peering import Peering as PeeringFacts
from services.network.domain.routing import TargetKind
from services.network.domain.vpn import Cipher, tcp_mss, tunnel_mtu
from services.network.models import NatGateway, Peering, Route, Vpc, VpnTunnel
from services.network.operations.addresses import allocate_address, give_back
from services.network.operations.telling import tell
from services.network.operations.vpcs import ranges_of
from services.network.repository import (
    AddressRepository,
    NatGatewayRepository,
    PeeringRepository,
    RouteRepository,
    VpcRepository,
    VpnTunnelRepository,
)
from shared.errors import NotFound
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

ROUTE_FACTS = ("vpc_id", "destination", "target_kind", "target")
PEERING_FACTS = ("requester_vpc_id", "accepter_tenant_id", "accepter_vpc_id", "state")
TUNNEL_FACTS = ("vpc_id", "name", "peer_address", "cipher", "mtu", "mss")


def create_route(vpc_id: str, destination: str, target_kind: str, target: str) -> Route:
    """A route to a target that exists in the VPC.

    Raises NotFound (for the target too), InvalidCidr, InvalidRoute or DuplicateRoute.
    """
    network = parse_network(destination)
    vpc = VpcRepository().get(vpc_id, lock=True)
    kind = TargetKind(target_kind)
    if kind is TargetKind.LOCAL:
        raise InvalidRoute("local routes come with the VPC")
    _TARGET_CHECKS.get(kind, _no_target)(vpc, target)
    route = RouteRepository().add(
        Route(
            id=new_id("rt"),
            tenant_id=current_tenant(),
            vpc=vpc,
            destination=str(network),
            target_kind=kind.value,
            target=target,
        )
    )
    tell("network.route.created", route, *ROUTE_FACTS)
    return route


def _no_target(vpc: Vpc, target: str) -> None:
    if target:
        raise InvalidRoute("this kind of target has no id")


def _is_tunnel(vpc: Vpc, target: str) -> None:
    if VpnTunnelRepository().get(target).vpc_id != vpc.id:
        raise InvalidRoute("the tunnel belongs to another VPC")


def _is_nat_gateway(vpc: Vpc, target: str) -> None:
    if NatGatewayRepository().get(target).subnet.vpc_id != vpc.id:
        raise InvalidRoute("the NAT gateway belongs to another VPC")


def _is_active_peering(vpc: Vpc, target: str) -> None:
    peering = PeeringRepository().get(target)
    if vpc.id not in (peering.requester_vpc_id, peering.accepter_vpc_id) or peering.state != PeeringState.ACTIVE:
        raise InvalidRoute("the peering is not active, or not one of this VPC's")


_TARGET_CHECKS: dict[TargetKind, Callable[[Vpc, str], None]] = {
    TargetKind.VPN: _is_tunnel,
    TargetKind.NAT_GATEWAY: _is_nat_gateway,
    TargetKind.PEERING: _is_active_peering,
}


def delete_route(route_id: str) -> None:
    """Raises NotFound or ImmutableRoute."""
    route = RouteRepository().get(route_id, lock=True)
    if route.target_kind == TargetKind.LOCAL:
        raise ImmutableRoute("a VPC's local route goes with the VPC")
    tell("network.route.deleted", route, *ROUTE_FACTS, gone=True)
    route.delete()


def look_up(vpc_id: str, address: str) -> Route:
    """The route that packets to an address take. Raises NotFound when there is none."""
    VpcRepository().get(vpc_id)
    rows = {row.destination: row for row in RouteRepository().of_vpc(vpc_id)}
    routes = [
        routing.Route(parse_network(row.destination), TargetKind(row.target_kind), row.target) for row in rows.values()
    ]
    found = routing.lookup(routes, parse_address(address))
    if found is None:
        raise NotFound(f"there is no route to {address}")
    return rows[str(found.destination)]


def request_peering(vpc_id: str, peer_tenant_id: str, peer_vpc_id: str) -> Peering:
    """Ask the owner of another VPC for a peering. Raises NotFound, InvalidPeering or CidrOverlap."""
    vpcs = VpcRepository()
    ours, theirs = vpcs.get(vpc_id, lock=True), vpcs.of_tenant(peer_tenant_id, peer_vpc_id)
    _check_ranges(ours, theirs)
    peering = PeeringRepository().add(
        Peering(
            id=new_id("pcx"),
            tenant_id=current_tenant(),
            requester_vpc=ours,
            accepter_tenant_id=theirs.tenant_id,
            accepter_vpc=theirs,
            state=PeeringState.PENDING_ACCEPTANCE.value,
        )
    )
    _tell_peering("requested", peering)
    return peering


def _check_ranges(ours: Vpc, theirs: Vpc) -> None:
    """Without telling one side the other's ranges. Raises InvalidPeering or CidrOverlap."""
    try:
        check_request(ours.id, ranges_of(ours), theirs.id, ranges_of(theirs))
    except CidrOverlap:
        raise CidrOverlap("the ranges of the two VPCs overlap") from None


def accept_peering(peering_id: str) -> Peering:
    """The accepter agrees; the peering is active. Raises NotFound, CidrOverlap or IllegalTransition."""
    peering = _answered(peering_id, PeeringState.ACTIVE)
    _check_ranges(peering.requester_vpc, peering.accepter_vpc)
    _tell_peering("accepted", peering)
    return peering


def reject_peering(peering_id: str) -> Peering:
    """The accepter refuses. Raises NotFound or IllegalTransition."""
    peering = _answered(peering_id, PeeringState.REJECTED)
    _tell_peering("rejected", peering)
    return peering


def _answered(peering_id: str, answer: PeeringState) -> Peering:
    peerings = PeeringRepository()
    peering = peerings.get(peering_id, lock=True)
    check_answer(facts_of(peering), current_tenant())
    peering.state = LIFE_CYCLE.transition(PeeringState(peering.state), answer).value
    return peerings.save(peering)


def facts_of(peering: Peering) -> PeeringFacts:
    """The peering as the domain has it."""
    return PeeringFacts(
        peering.tenant_id,
        peering.requester_vpc_id,
        peering.accepter_tenant_id,
        peering.accepter_vpc_id,
        PeeringState(peering.state),
    )


def is_reachable(vpc_id: str, other_vpc_id: str) -> bool:
    """Whether an active peering joins one's own VPC and another directly. Raises NotFound for one's own."""
    VpcRepository().get(vpc_id)
    return reachable([facts_of(peering) for peering in PeeringRepository().of_vpc(vpc_id)], vpc_id, other_vpc_id)


def delete_peering(peering_id: str) -> None:
    """Either side ends it at any time; routes over it go with it. Raises NotFound."""
    peering = PeeringRepository().get(peering_id, lock=True)
    LIFE_CYCLE.transition(PeeringState(peering.state), PeeringState.DELETED)
    peering.state = PeeringState.DELETED.value
    _tell_peering("deleted", peering, gone=True)
    RouteRepository().remove_over_peering(peering.id)
    peering.delete()


def _tell_peering(verb: str, peering: Peering, gone: bool = False) -> None:
    tell(f"network.peering.{verb}", peering, *PEERING_FACTS, gone=gone, requester_tenant_id=peering.tenant_id)


def create_tunnel(
    vpc_id: str, name: str, peer_address: str, cipher: str, nat_traversal: bool, gateway_mtu: int
) -> VpnTunnel:
    """A tunnel with the packet sizes that its encapsulation leaves. Raises NotFound, InvalidAddress or
    TunnelMtuTooSmall."""
    peer = parse_address(peer_address)
    vpc = VpcRepository().get(vpc_id, lock=True)
    mtu = tunnel_mtu(Cipher(cipher), gateway_mtu, peer.version, nat_traversal)
    tunnel = VpnTunnelRepository().add(
        VpnTunnel(
            id=new_id("vpn"),
            tenant_id=current_tenant(),
            vpc=vpc,
            name=name,
            peer_address=str(peer),
            cipher=cipher,
            nat_traversal=nat_traversal,
            gateway_mtu=gateway_mtu,
            mtu=mtu,
            mss=tcp_mss(mtu),
        )
    )
    tell("network.vpn_tunnel.created", tunnel, *TUNNEL_FACTS)
    return tunnel


def delete_tunnel(tunnel_id: str) -> None:
    """Raises NotFound or ResourceInUse."""
    tunnel = VpnTunnelRepository().get(tunnel_id, lock=True)
    _check_unrouted(tunnel.id)
    tell("network.vpn_tunnel.deleted", tunnel, *TUNNEL_FACTS, gone=True)
    tunnel.delete()


def create_nat_gateway(subnet_id: str, name: str) -> NatGateway:
    """A NAT gateway with an address of the subnet. Raises NotFound, SubnetExhausted or QuotaExceeded."""
    gateway_id = new_id("nat")
    address = allocate_address(subnet_id, holder=gateway_id)
    gateway = NatGatewayRepository().add(
        NatGateway(id=gateway_id, tenant_id=current_tenant(), subnet=address.subnet, name=name, address=address)
    )
    tell("network.nat_gateway.created", gateway, "subnet_id", "name", address=address.address)
    return gateway


def delete_nat_gateway(gateway_id: str) -> None:
    """Its address goes back and rests. Raises NotFound or ResourceInUse."""
    gateway = NatGatewayRepository().get(gateway_id)
    _check_unrouted(gateway.id)
    address = AddressRepository().get_held(gateway.address_id, lock=True)
    tell("network.nat_gateway.deleted", gateway, "subnet_id", "name", gone=True, address=address.address)
    gateway.delete()
    give_back(address)


def _check_unrouted(target: str) -> None:
    if RouteRepository().scoped().filter(target=target).exists():
        raise ResourceInUse("routes lead to it: delete them first", used_by=["routes"])
