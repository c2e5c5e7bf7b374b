"""End points of record sets."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.dns.api.common import READ, WRITE, Body, View
from services.dns.models import Record
from services.dns.operations import records
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from services.dns.schemas import HealthReport, RecordContent, RecordCreate, RecordOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Records(View):
    """The record sets of a zone, by name and type."""

    @endpoint(READ, response=RecordOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Record]:
        return RecordRepository().page_of(ZoneRepository().get(id), page)

    @endpoint(WRITE, request=RecordCreate, response=RecordOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Record:
        return records.create_record(self.ports, id, body, expected_version(request))


class OneRecord(View):
    """One record set."""

    @endpoint(READ, response=RecordOut)
    def get(self, request: Request, id: str, record_id: str) -> Record:
        return RecordRepository().in_zone(ZoneRepository().get(id), record_id)

    @endpoint(WRITE, request=RecordContent, response=RecordOut)
    def put(self, request: Request, id: str, record_id: str, body: Body) -> Record:
        return records.change_record(self.ports, id, record_id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str, record_id: str) -> None:
        records.delete_record(self.ports, id, record_id, expected_version(request))


class RecordHealth(View):
    """Health of one answer of a record set."""

    @endpoint(WRITE, request=HealthReport, response=RecordOut)
    def post(self, request: Request, id: str, record_id: str, body: Body) -> Record:
        return records.set_health(id, record_id, body["value"], body["healthy"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """Their paths."""
    return [
        path("v1/zones/<str:id>/records", Records.as_view(ports=ports)),
        path("v1/zones/<str:id>/records/<str:record_id>", OneRecord.as_view(ports=ports)),
        path("v1/zones/<str:id>/records/<str:record_id>/health", RecordHealth.as_view(ports=ports)),
    ]
