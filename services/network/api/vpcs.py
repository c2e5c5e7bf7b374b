"""End points of VPCs."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import Vpc
from services.network.operations import vpcs
from services.network.ports import Ports
from services.network.repository import VpcRepository
from services.network.schemas import VpcCreate, VpcOut, VpcUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Vpcs(View):
    """The tenant's VPCs."""

    @endpoint(READ, response=VpcOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Vpc]:
        return VpcRepository().page(page)

    @endpoint(WRITE, request=VpcCreate, response=VpcOut, status=201)
    def post(self, request: Request, body: Body) -> Vpc:
        return vpcs.create_vpc(self.ports, **body)


class OneVpc(View):
    """One VPC."""

    @endpoint(READ, response=VpcOut)
    def get(self, request: Request, id: str) -> Vpc:
        return VpcRepository().get(id)

    @endpoint(WRITE, request=VpcUpdate, response=VpcOut)
    def patch(self, request: Request, id: str, body: Body) -> Vpc:
        return vpcs.change_vpc(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        vpcs.delete_vpc(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/vpcs", Vpcs.as_view(ports=ports)),
        path("v1/vpcs/<str:id>", OneVpc.as_view(ports=ports)),
    ]
