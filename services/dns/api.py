"""End points of dns: parse, call an operation, return."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from services.dns import operations
from services.dns.domain.records import RecordType
from services.dns.models import Record, Zone
from services.dns.repository import RecordRepository, ZoneRepository
from services.dns.schemas import (
    TYPES,
    HealthReport,
    Question,
    RecordContent,
    RecordCreate,
    RecordOut,
    Resolved,
    ZoneCreate,
    ZoneFile,
    ZoneOut,
    ZoneSummary,
    ZoneTimes,
)
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint, expected_version

READ, WRITE = "dns:read", "dns:write"

Body = dict[str, Any]


class Zones(ApiView):
    """The tenant's zones."""

    @endpoint(READ, response=ZoneSummary, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Zone]:
        return ZoneRepository().summaries(page)

    @endpoint(WRITE, request=ZoneCreate, response=ZoneOut, status=201)
    def post(self, request: Request, body: Body) -> Zone:
        return operations.create_zone(body.pop("name"), body)


class OneZone(ApiView):
    """One zone."""

    @endpoint(READ, response=ZoneOut)
    def get(self, request: Request, id: str) -> Zone:
        return ZoneRepository().get(id)

    @endpoint(WRITE, request=ZoneTimes, response=ZoneOut)
    def patch(self, request: Request, id: str, body: Body) -> Zone:
        return operations.update_zone(id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_zone(id)


class Records(ApiView):
    """The record sets of a zone, by name and type."""

    @endpoint(READ, response=RecordOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Record]:
        return RecordRepository().page_of(ZoneRepository().get(id), page)

    @endpoint(WRITE, request=RecordCreate, response=RecordOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Record:
        return operations.create_record(id, body)


class OneRecord(ApiView):
    """One record set."""

    @endpoint(READ, response=RecordOut)
    def get(self, request: Request, id: str, record_id: str) -> Record:
        return RecordRepository().in_zone(ZoneRepository().get(id), record_id)

    @endpoint(WRITE, request=RecordContent, response=RecordOut)
    def put(self, request: Request, id: str, record_id: str, body: Body) -> Record:
        return operations.change_record(id, record_id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, record_id: str) -> None:
        operations.delete_record(id, record_id)


class RecordHealth(ApiView):
    """Health of one answer of a record set."""

    @endpoint(WRITE, request=HealthReport, response=RecordOut)
    def post(self, request: Request, id: str, record_id: str, body: Body) -> Record:
        return operations.set_health(id, record_id, body["value"], body["healthy"])


class ZoneFiles(ApiView):
    """A zone as a file."""

    @endpoint(READ)
    def get(self, request: Request, id: str) -> HttpResponse:
        return HttpResponse(operations.export_zone_file(id), content_type="text/dns; charset=utf-8")

    @endpoint(WRITE, request=ZoneFile, response=ZoneOut)
    def put(self, request: Request, id: str, body: Body) -> Zone:
        return operations.import_zone_file(id, body["zonefile"])


class Resolve(ApiView):
    """What the platform's name servers answer."""

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, required=True),
            OpenApiParameter("type", str, enum=TYPES),
            OpenApiParameter("region", str, description="Where the client is; latency routing goes by it"),
        ]
    )
    @endpoint(READ, response=Resolved)
    def get(self, request: Request) -> dict[str, Any]:
        asked = Question(data=request.query_params)
        asked.is_valid(raise_exception=True)
        question = asked.validated_data
        return operations.resolve(question["name"], RecordType(question["type"]), question["region"])


urlpatterns = [
    path("v1/zones", Zones.as_view()),
    path("v1/zones/<str:id>", OneZone.as_view()),
    path("v1/zones/<str:id>/records", Records.as_view()),
    path("v1/zones/<str:id>/records/<str:record_id>", OneRecord.as_view()),
    path("v1/zones/<str:id>/records/<str:record_id>/health", RecordHealth.as_view()),
    path("v1/zones/<str:id>/zonefile", ZoneFiles.as_view()),
    path("v1/resolve", Resolve.as_view()),
]
