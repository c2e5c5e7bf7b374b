"""End points of zones."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.dns.api.common import READ, WRITE, Body, View
from services.dns.models import Zone
from services.dns.operations import zones
from services.dns.ports import Ports
from services.dns.repository import ZoneRepository
from services.dns.schemas import ZoneCreate, ZoneOut, ZoneSummary, ZoneTimes
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Zones(View):
    """The tenant's zones."""

    @endpoint(READ, response=ZoneSummary, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Zone]:
        return ZoneRepository().summaries(page)

    @endpoint(WRITE, request=ZoneCreate, response=ZoneOut, status=201)
    def post(self, request: Request, body: Body) -> Zone:
        return zones.create_zone(self.ports, body.pop("name"), body)


class OneZone(View):
    """One zone."""

    @endpoint(READ, response=ZoneOut)
    def get(self, request: Request, id: str) -> Zone:
        return ZoneRepository().get(id)

    @endpoint(WRITE, request=ZoneTimes, response=ZoneOut)
    def patch(self, request: Request, id: str, body: Body) -> Zone:
        return zones.update_zone(self.ports, id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        zones.delete_zone(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/zones", Zones.as_view(ports=ports)),
        path("v1/zones/<str:id>", OneZone.as_view(ports=ports)),
    ]
