"""End points of routes."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import Route
from services.network.operations.routes import create_route, delete_route, look_up
from services.network.ports import Ports
from services.network.repository import RouteRepository, RouteTableRepository, VpcRepository
from services.network.schemas import RouteCreate, RouteOut
from shared.errors import BadRequest
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import GIVEN, endpoint, expected_version

LOOKUP = (OpenApiParameter("address", GIVEN, required=True), OpenApiParameter("subnet_id", str))


class Routes(View):
    """The routes of a VPC's main table."""

    @endpoint(READ, response=RouteOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Route]:
        return RouteRepository().page(page, route_table_id=VpcRepository().get(id).main_route_table_id)

    @endpoint(WRITE, request=RouteCreate, response=RouteOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Route:
        return create_route(VpcRepository().get(id).main_route_table_id, **body)


class RoutesOfTable(View):
    """The routes of one table."""

    @endpoint(READ, response=RouteOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Route]:
        return RouteRepository().page(page, route_table_id=RouteTableRepository().get(id).id)

    @endpoint(WRITE, request=RouteCreate, response=RouteOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Route:
        return create_route(id, **body)


class RouteLookup(View):
    """The route that packets to `?address=` take, by the main table or that of the subnet `?subnet_id=`."""

    @endpoint(READ, response=RouteOut, query=LOOKUP)
    def get(self, request: Request, id: str) -> Route:
        address = request.query_params.get("address")
        if not address:
            raise BadRequest("name the address to look up: ?address=10.0.0.1")
        return look_up(id, address, request.query_params.get("subnet_id"))


class OneRoute(View):
    """One route."""

    @endpoint(READ, response=RouteOut)
    def get(self, request: Request, id: str) -> Route:
        return RouteRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        delete_route(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/vpcs/<str:id>/routes", Routes.as_view(ports=ports)),
        path("v1/vpcs/<str:id>/routes/lookup", RouteLookup.as_view(ports=ports)),
        path("v1/route-tables/<str:id>/routes", RoutesOfTable.as_view(ports=ports)),
        path("v1/routes/<str:id>", OneRoute.as_view(ports=ports)),
    ]
