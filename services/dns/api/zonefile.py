"""End points of zone files."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import URLPattern, path
from rest_framework.request import Request

from services.dns.api.common import READ, WRITE, Body, View
from services.dns.models import Zone
from services.dns.operations import zonefile
from services.dns.ports import Ports
from services.dns.schemas import ZoneFile, ZoneOut
from shared.web.django_views import endpoint, expected_version


class OneZoneFile(View):
    """A zone as a file."""

    @endpoint(READ, media_type="text/dns")
    def get(self, request: Request, id: str) -> HttpResponse:
        return HttpResponse(zonefile.export_zone_file(id), content_type="text/dns; charset=utf-8")

    @endpoint(WRITE, request=ZoneFile, response=ZoneOut)
    def put(self, request: Request, id: str, body: Body) -> Zone:
        return zonefile.import_zone_file(self.ports, id, body["zonefile"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [path("v1/zones/<str:id>/zonefile", OneZoneFile.as_view(ports=ports))]
