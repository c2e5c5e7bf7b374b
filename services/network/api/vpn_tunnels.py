"""End points of VPN tunnels."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import VpnTunnel
from services.network.operations import vpn_tunnels
from services.network.ports import Ports
from services.network.repository import VpnTunnelRepository
from services.network.schemas import TunnelCreate, TunnelOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Tunnels(View):
    """The tenant's VPN tunnels."""

    @endpoint(READ, response=TunnelOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[VpnTunnel]:
        return VpnTunnelRepository().page(page)

    @endpoint(WRITE, request=TunnelCreate, response=TunnelOut, status=201)
    def post(self, request: Request, body: Body) -> VpnTunnel:
        return vpn_tunnels.create_tunnel(**body)


class OneTunnel(View):
    """One VPN tunnel."""

    @endpoint(READ, response=TunnelOut)
    def get(self, request: Request, id: str) -> VpnTunnel:
        return VpnTunnelRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        vpn_tunnels.delete_tunnel(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/vpn-tunnels", Tunnels.as_view(ports=ports)),
        path("v1/vpn-tunnels/<str:id>", OneTunnel.as_view(ports=ports)),
    ]
