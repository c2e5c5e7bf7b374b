"""End points of routes, peerings, VPN tunnels and NAT gateways."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request

from services.network.models import NatGateway, Peering, Route, VpnTunnel
from services.network.operations import routing
from services.network.repository import (
    NatGatewayRepository,
    PeeringRepository,
    RouteRepository,
    VpcRepository,
    VpnTunnelRepository,
)
from services.network.schemas import (
    NatGatewayCreate,
    NatGatewayOut,
    PeeringCreate,
    PeeringOut,
    ReachabilityOut,
    RouteCreate,
    RouteOut,
    TunnelCreate,
    TunnelOut,
)
from shared.errors import BadRequest
from shared.kernel.context import current_tenant
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


class Routes(ApiView):
    """A VPC's routes."""

    @endpoint(READ, response=RouteOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Route]:
        return RouteRepository().page(page, vpc_id=VpcRepository().get(id).id)

    @endpoint(WRITE, request=RouteCreate, response=RouteOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Route:
        return routing.create_route(id, **body)


class RouteLookup(ApiView):
    """The route that packets to `?address=` take."""

    @endpoint(READ, response=RouteOut)
    def get(self, request: Request, id: str) -> Route:
        address = request.query_params.get("address")
        if not address:
            raise BadRequest("name the address to look up: ?address=10.0.0.1")
        return routing.look_up(id, address)


class Reachability(ApiView):
    """Whether packets can go to `?vpc_id=` by a peering."""

    @endpoint(READ, response=ReachabilityOut)
    def get(self, request: Request, id: str) -> dict[str, bool]:
        other = request.query_params.get("vpc_id")
        if not other:
            raise BadRequest("name the other VPC: ?vpc_id=vpc-…")
        return {"reachable": routing.is_reachable(id, other)}


class OneRoute(ApiView):
    """One route."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        routing.delete_route(id)


class Peerings(ApiView):
    """Peerings that the tenant asked for or was asked for."""

    @endpoint(READ, response=PeeringOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Peering]:
        return PeeringRepository().page(page)

    @endpoint(WRITE, request=PeeringCreate, response=PeeringOut, status=201)
    def post(self, request: Request, body: Body) -> Peering:
        return routing.request_peering(body["vpc_id"], body["peer_tenant_id"] or current_tenant(), body["peer_vpc_id"])


class OnePeering(ApiView):
    """One peering."""

    @endpoint(READ, response=PeeringOut)
    def get(self, request: Request, id: str) -> Peering:
        return PeeringRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        routing.delete_peering(id)


class PeeringAcceptance(ApiView):
    """The accepter agrees."""

    @endpoint(WRITE, response=PeeringOut)
    def post(self, request: Request, id: str) -> Peering:
        return routing.accept_peering(id)


class PeeringRejection(ApiView):
    """The accepter refuses."""

    @endpoint(WRITE, response=PeeringOut)
    def post(self, request: Request, id: str) -> Peering:
        return routing.reject_peering(id)


class Tunnels(ApiView):
    """VPN tunnels."""

    @endpoint(READ, response=TunnelOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[VpnTunnel]:
        return VpnTunnelRepository().page(page)

    @endpoint(WRITE, request=TunnelCreate, response=TunnelOut, status=201)
    def post(self, request: Request, body: Body) -> VpnTunnel:
        return routing.create_tunnel(**body)


class OneTunnel(ApiView):
    """One VPN tunnel."""

    @endpoint(READ, response=TunnelOut)
    def get(self, request: Request, id: str) -> VpnTunnel:
        return VpnTunnelRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        routing.delete_tunnel(id)


class NatGateways(ApiView):
    """NAT gateways."""

    @endpoint(READ, response=NatGatewayOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[NatGateway]:
        return NatGatewayRepository().page(page)

    @endpoint(WRITE, request=NatGatewayCreate, response=NatGatewayOut, status=201)
    def post(self, request: Request, body: Body) -> NatGateway:
        return routing.create_nat_gateway(**body)


class OneNatGateway(ApiView):
    """One NAT gateway."""

    @endpoint(READ, response=NatGatewayOut)
    def get(self, request: Request, id: str) -> NatGateway:
        return NatGatewayRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        routing.delete_nat_gateway(id)


urlpatterns = [
    path("v1/vpcs/<str:id>/routes", Routes.as_view()),
    path("v1/vpcs/<str:id>/routes/lookup", RouteLookup.as_view()),
    path("v1/vpcs/<str:id>/reachability", Reachability.as_view()),
    path("v1/routes/<str:id>", OneRoute.as_view()),
    path("v1/peerings", Peerings.as_view()),
    path("v1/peerings/<str:id>", OnePeering.as_view()),
    path("v1/peerings/<str:id>/accept", PeeringAcceptance.as_view()),
    path("v1/peerings/<str:id>/reject", PeeringRejection.as_view()),
    path("v1/vpn-tunnels", Tunnels.as_view()),
    path("v1/vpn-tunnels/<str:id>", OneTunnel.as_view()),
    path("v1/nat-gateways", NatGateways.as_view()),
    path("v1/nat-gateways/<str:id>", OneNatGateway.as_view()),
]
