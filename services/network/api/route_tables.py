"""End points of route tables."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View, filters
from services.network.models import RouteTable
from services.network.operations import route_tables
from services.network.ports import Ports
from services.network.repository import RouteTableRepository
from services.network.schemas import NamedInVpc, Renamed, RouteTableOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version

FILTERS = [OpenApiParameter("vpc_id", str)]


class RouteTables(View):
    """The tenant's route tables; `?vpc_id=` narrows them."""

    @endpoint(READ, response=RouteTableOut, page=True, query=FILTERS)
    def get(self, request: Request, page: PageRequest) -> Page[RouteTable]:
        return RouteTableRepository().page(page, **filters(request, FILTERS))

    @endpoint(WRITE, request=NamedInVpc, response=RouteTableOut, status=201)
    def post(self, request: Request, body: Body) -> RouteTable:
        return route_tables.create_route_table(**body)


class OneRouteTable(View):
    """One route table."""

    @endpoint(READ, response=RouteTableOut)
    def get(self, request: Request, id: str) -> RouteTable:
        return RouteTableRepository().get(id)

    @endpoint(WRITE, request=Renamed, response=RouteTableOut)
    def patch(self, request: Request, id: str, body: Body) -> RouteTable:
        return route_tables.rename_route_table(id, body["name"], expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        route_tables.delete_route_table(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/route-tables", RouteTables.as_view(ports=ports)),
        path("v1/route-tables/<str:id>", OneRouteTable.as_view(ports=ports)),
    ]
