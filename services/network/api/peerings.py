"""End points of peerings, and of the reachability that they give."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.api.common import READ, WRITE, Body, View
from services.network.models import Peering
from services.network.operations import peerings
from services.network.ports import Ports
from services.network.repository import PeeringRepository
from services.network.schemas import PeeringCreate, PeeringOut, ReachabilityOut
from shared.errors import BadRequest
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import GIVEN, endpoint, expected_version


class Peerings(View):
    """Peerings that the tenant asked for or was asked for."""

    @endpoint(READ, response=PeeringOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Peering]:
        return PeeringRepository().page(page)

    @endpoint(WRITE, request=PeeringCreate, response=PeeringOut, status=201)
    def post(self, request: Request, body: Body) -> Peering:
        return peerings.request_peering(body["vpc_id"], body["peer_tenant_id"], body["peer_vpc_id"])


class OnePeering(View):
    """One peering."""

    @endpoint(READ, response=PeeringOut)
    def get(self, request: Request, id: str) -> Peering:
        return PeeringRepository().get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        peerings.delete_peering(id, expected_version(request))


class PeeringAcceptance(View):
    """The accepter agrees."""

    @endpoint(WRITE, response=PeeringOut)
    def post(self, request: Request, id: str) -> Peering:
        return peerings.accept_peering(id, expected_version(request))


class PeeringRejection(View):
    """The accepter refuses."""

    @endpoint(WRITE, response=PeeringOut)
    def post(self, request: Request, id: str) -> Peering:
        return peerings.reject_peering(id, expected_version(request))


class Reachability(View):
    """Whether packets can go to `?vpc_id=` by a peering."""

    @endpoint(READ, response=ReachabilityOut, query=[OpenApiParameter("vpc_id", GIVEN, required=True)])
    def get(self, request: Request, id: str) -> dict[str, bool]:
        other = request.query_params.get("vpc_id")
        if not other:
            raise BadRequest("name the other VPC: ?vpc_id=vpc-…")
        return {"reachable": peerings.is_reachable(id, other)}


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/peerings", Peerings.as_view(ports=ports)),
        path("v1/peerings/<str:id>", OnePeering.as_view(ports=ports)),
        path("v1/peerings/<str:id>/accept", PeeringAcceptance.as_view(ports=ports)),
        path("v1/peerings/<str:id>/reject", PeeringRejection.as_view(ports=ports)),
        path("v1/vpcs/<str:id>/reachability", Reachability.as_view(ports=ports)),
    ]
