"""Records, read page by page, one by one, or all together."""

from __future__ import annotations

import json

from django.http import StreamingHttpResponse
from django.urls import URLPattern, path
from rest_framework.request import Request

from services.audit import repository
from services.audit.api.common import READ, View
from services.audit.models import AuditRecord
from services.audit.operations.records import export
from services.audit.ports import Ports
from services.audit.schemas import RecordOut
from shared.kernel.context import current_tenant
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint

FILTERS = ("subject", "type", "actor", "correlation_id")


class Records(View):
    """The tenant's trail, filtered by `subject`, `type`, `actor` or `correlation_id`."""

    @endpoint(READ, response=RecordOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[AuditRecord]:
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return repository.page(current_tenant(), page, filters)


class OneRecord(View):
    """One record by its place in the chain."""

    @endpoint(READ, response=RecordOut)
    def get(self, request: Request, sequence: int) -> AuditRecord:
        return repository.one(current_tenant(), sequence)


class Export(View):
    """The whole trail as newline-delimited JSON, ready to be verified elsewhere."""

    @endpoint(READ)
    def get(self, request: Request) -> StreamingHttpResponse:
        lines = (json.dumps(record) + "\n" for record in export(current_tenant()))
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of records."""
    return [
        path("v1/records", Records.as_view(ports=ports)),
        path("v1/records/<int:sequence>", OneRecord.as_view(ports=ports)),
        path("v1/export", Export.as_view(ports=ports)),
    ]
