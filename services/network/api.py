"""End points of network: parse, call an operation, return."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request

from services.network import firewall_api, gateway_api
from services.network.models import Address, Subnet, Vpc
from services.network.operations import addresses, vpcs
from services.network.repository import AddressRepository, SubnetRepository, VpcRepository
from services.network.schemas import (
    AddressCreate,
    AddressOut,
    SubnetCreate,
    SubnetOut,
    SubnetUpdate,
    UsageFlushed,
    VpcCreate,
    VpcOut,
    VpcUpdate,
)
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint, expected_version

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


def filters(request: Request, *names: str) -> dict[str, str]:
    """Those of the query parameters that are given."""
    return {name: request.query_params[name] for name in names if name in request.query_params}


class Vpcs(ApiView):
    """The tenant's VPCs."""

    @endpoint(READ, response=VpcOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Vpc]:
        return VpcRepository().page(page)

    @endpoint(WRITE, request=VpcCreate, response=VpcOut, status=201)
    def post(self, request: Request, body: Body) -> Vpc:
        return vpcs.create_vpc(**body)


class OneVpc(ApiView):
    """One VPC."""

    @endpoint(READ, response=VpcOut)
    def get(self, request: Request, id: str) -> Vpc:
        return VpcRepository().get(id)

    @endpoint(WRITE, request=VpcUpdate, response=VpcOut)
    def patch(self, request: Request, id: str, body: Body) -> Vpc:
        return vpcs.rename_vpc(id, body["name"], expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        vpcs.delete_vpc(id)


class Subnets(ApiView):
    """The tenant's subnets; `?vpc_id=` and `?zone=` narrow them."""

    @endpoint(READ, response=SubnetOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Subnet]:
        return SubnetRepository().page(page, **filters(request, "vpc_id", "zone"))

    @endpoint(WRITE, request=SubnetCreate, response=SubnetOut, status=201)
    def post(self, request: Request, body: Body) -> Subnet:
        return vpcs.create_subnet(**body)


class OneSubnet(ApiView):
    """One subnet."""

    @endpoint(READ, response=SubnetOut)
    def get(self, request: Request, id: str) -> Subnet:
        return SubnetRepository().get(id)

    @endpoint(WRITE, request=SubnetUpdate, response=SubnetOut)
    def patch(self, request: Request, id: str, body: Body) -> Subnet:
        return vpcs.change_subnet(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        vpcs.delete_subnet(id)


class Addresses(ApiView):
    """Held addresses; `?subnet_id=` narrows them."""

    @endpoint(READ, response=AddressOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Address]:
        return AddressRepository().page(page, released_at__isnull=True, **filters(request, "subnet_id"))

    @endpoint(WRITE, request=AddressCreate, response=AddressOut, status=201)
    def post(self, request: Request, body: Body) -> Address:
        return addresses.allocate_address(body["subnet_id"], body["address"], body["holder"])


class OneAddress(ApiView):
    """One held address."""

    @endpoint(READ, response=AddressOut)
    def get(self, request: Request, id: str) -> Address:
        return AddressRepository().get_held(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        addresses.release_address(id)


class UsageFlush(ApiView):
    """Record the usage of held addresses up to now."""

    @endpoint(WRITE, response=UsageFlushed)
    def post(self, request: Request) -> dict[str, int]:
        return {"recorded": addresses.flush_usage()}


urlpatterns = [
    path("v1/vpcs", Vpcs.as_view()),
    path("v1/vpcs/<str:id>", OneVpc.as_view()),
    path("v1/subnets", Subnets.as_view()),
    path("v1/subnets/<str:id>", OneSubnet.as_view()),
    path("v1/addresses", Addresses.as_view()),
    path("v1/addresses/<str:id>", OneAddress.as_view()),
    path("v1/usage/flush", UsageFlush.as_view()),
    *firewall_api.urlpatterns,
    *gateway_api.urlpatterns,
]
