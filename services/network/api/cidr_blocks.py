"""End points of a VPC's further ranges."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import WRITE, Body, View
from services.network.models import Vpc
from services.network.operations import cidr_blocks
from services.network.ports import Ports
from services.network.schemas import CidrBlockCreate, VpcOut
from shared.web.django_views import endpoint, expected_version


class CidrBlocks(View):
    """One more range for a VPC."""

    @endpoint(WRITE, request=CidrBlockCreate, response=VpcOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Vpc:
        return cidr_blocks.associate_cidr_block(id, body["cidr"], expected_version(request))


class OneCidrBlock(View):
    """One of the ranges that a VPC got later."""

    @endpoint(WRITE, response=VpcOut)
    def delete(self, request: Request, id: str, block_id: str) -> Vpc:
        return cidr_blocks.disassociate_cidr_block(id, block_id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/vpcs/<str:id>/cidr-blocks", CidrBlocks.as_view(ports=ports)),
        path("v1/vpcs/<str:id>/cidr-blocks/<str:block_id>", OneCidrBlock.as_view(ports=ports)),
    ]
