"""Records, read page by page, one by one, or all together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.http import StreamingHttpResponse
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.audit import repository
from services.audit.api.common import NDJSON, READ, View, one_a_line
from services.audit.domain.chain import record_time
from services.audit.models import AuditRecord
from services.audit.operations.records import export
from services.audit.ports import Ports
from services.audit.schemas import RecordOut
from shared.errors import BadRequest, ValidationFailed
from shared.events.envelope import InvalidEvent, parse_time
from shared.kernel.context import current_tenant
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint

FILTERS = ("subject", "type", "actor", "correlation_id")


SORTS = ("sequence", "-sequence", "time", "-time")
QUERY = (
    *(OpenApiParameter(name, str) for name in FILTERS),
    OpenApiParameter("from", datetime),
    OpenApiParameter("to", datetime),
    OpenApiParameter("sort", str, enum=SORTS, default=SORTS[0]),
)


class InvalidSort(BadRequest):
    """An order in which the trail isn't kept."""

    code = "invalid_sort"


class InvalidTimeRange(ValidationFailed):
    """A time that isn't one, or an end before its beginning."""

    code = "invalid_time_range"


class Records(View):
    """The tenant's trail, filtered by `subject`, `type`, `actor`, `correlation_id` and the time of what happened:
    `from` and what is before `to` (RFC 3339). `sort` is `sequence`, `time`, or one of them backward with `-`."""

    @endpoint(READ, response=RecordOut, page=True, query=QUERY)
    def get(self, request: Request, page: PageRequest) -> Page[AuditRecord]:
        asked = request.query_params
        filters = {name: asked[name] for name in FILTERS if name in asked}
        sort = asked.get("sort", SORTS[0])
        if sort not in SORTS:
            raise InvalidSort(f"sort is one of {', '.join(SORTS)}")
        return repository.page(current_tenant(), page, {**filters, **_time_range(asked)}, sort)


def _time_range(asked: Mapping[str, str]) -> dict[str, str]:
    """The condition on the time. Raises InvalidTimeRange."""
    try:
        found = {name: record_time(parse_time(asked[name])) for name in ("from", "to") if name in asked}
    except (InvalidEvent, OverflowError, ValueError) as error:
        raise InvalidTimeRange("from and to are RFC 3339 timestamps with an offset") from error
    if "from" in found and "to" in found and found["from"] > found["to"]:
        raise InvalidTimeRange("from is later than to")
    return {{"from": "time__gte", "to": "time__lt"}[name]: time for name, time in found.items()}


class OneRecord(View):
    """One record by its place in the chain."""

    @endpoint(READ, response=RecordOut)
    def get(self, request: Request, sequence: int) -> AuditRecord:
        return repository.one(current_tenant(), sequence)


class Export(View):
    """The whole trail as newline-delimited JSON, ready to be verified elsewhere."""

    @endpoint(READ, media_type=NDJSON)
    def get(self, request: Request) -> StreamingHttpResponse:
        return one_a_line(export(current_tenant()))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of records."""
    return [
        path("v1/records", Records.as_view(ports=ports)),
        path("v1/records/<int:sequence>", OneRecord.as_view(ports=ports)),
        path("v1/export", Export.as_view(ports=ports)),
    ]
