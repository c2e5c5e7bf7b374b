"""End points of NAT gateways."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import NatGateway
from services.network.operations import nat_gateways
from services.network.ports import Ports
from services.network.repository import NatGatewayRepository
from services.network.schemas import NatGatewayCreate, NatGatewayOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class NatGateways(View):
    """The tenant's NAT gateways."""

    @endpoint(READ, response=NatGatewayOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[NatGateway]:
        return NatGatewayRepository().page(page)

    @endpoint(WRITE, request=NatGatewayCreate, response=NatGatewayOut, status=201)
    def post(self, request: Request, body: Body) -> NatGateway:
        return nat_gateways.create_nat_gateway(self.ports, **body)


class OneNatGateway(View):
    """One NAT gateway."""

    @endpoint(READ, response=NatGatewayOut)
    def get(self, request: Request, id: str) -> NatGateway:
        return NatGatewayRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        nat_gateways.delete_nat_gateway(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/nat-gateways", NatGateways.as_view(ports=ports)),
        path("v1/nat-gateways/<str:id>", OneNatGateway.as_view(ports=ports)),
    ]
