"""End points of addresses."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View, filters
from services.network.models import Address
from services.network.operations import addresses
from services.network.ports import Ports
from services.network.repository import AddressRepository
from services.network.schemas import AddressCreate, AddressOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version

FILTERS = [OpenApiParameter("subnet_id", str)]


class Addresses(View):
    """Held addresses; `?subnet_id=` narrows them."""

    @endpoint(READ, response=AddressOut, page=True, query=FILTERS)
    def get(self, request: Request, page: PageRequest) -> Page[Address]:
        return AddressRepository().page(page, released_at__isnull=True, **filters(request, FILTERS))

    @endpoint(WRITE, request=AddressCreate, response=AddressOut, status=201)
    def post(self, request: Request, body: Body) -> Address:
        return addresses.allocate_address(self.ports, body["subnet_id"], body["address"], body["holder"])


class OneAddress(View):
    """One held address."""

    @endpoint(READ, response=AddressOut)
    def get(self, request: Request, id: str) -> Address:
        return AddressRepository().get_held(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        addresses.release_address(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/addresses", Addresses.as_view(ports=ports)),
        path("v1/addresses/<str:id>", OneAddress.as_view(ports=ports)),
    ]
