"""End points of subnets."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View, filters
from services.network.models import Subnet
from services.network.operations import subnets
from services.network.ports import Ports
from services.network.repository import SubnetRepository
from services.network.schemas import SubnetCreate, SubnetOut, SubnetUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version

FILTERS = [OpenApiParameter("vpc_id", str), OpenApiParameter("zone", str)]


class Subnets(View):
    """The tenant's subnets; `?vpc_id=` and `?zone=` narrow them."""

    @endpoint(READ, response=SubnetOut, page=True, query=FILTERS)
    def get(self, request: Request, page: PageRequest) -> Page[Subnet]:
        return SubnetRepository().page(page, **filters(request, FILTERS))

    @endpoint(WRITE, request=SubnetCreate, response=SubnetOut, status=201)
    def post(self, request: Request, body: Body) -> Subnet:
        return subnets.create_subnet(self.ports, **body)


class OneSubnet(View):
    """One subnet."""

    @endpoint(READ, response=SubnetOut)
    def get(self, request: Request, id: str) -> Subnet:
        return SubnetRepository().get(id)

    @endpoint(WRITE, request=SubnetUpdate, response=SubnetOut)
    def patch(self, request: Request, id: str, body: Body) -> Subnet:
        return subnets.change_subnet(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        subnets.delete_subnet(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/subnets", Subnets.as_view(ports=ports)),
        path("v1/subnets/<str:id>", OneSubnet.as_view(ports=ports)),
    ]
