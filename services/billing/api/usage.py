"""Metered usage: sent by services, seen by the tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.domain.usage import Usage
from services.billing.models import UsageRow
from services.billing.operations.usage import record_usage
from services.billing.ports import Ports
from services.billing.repository import usage
from services.billing.schemas import UsageIn, UsageOut
from shared.errors import BadRequest
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint
from shared.web.permissions import INTERNAL


class UsageList(View):
    """Metered usage, filtered by `meter`, `resource_id`, `start` and `end` (of its end, half-open)."""

    @endpoint(READ, response=UsageOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[UsageRow]:
        query = request.query_params
        filters: dict[str, Any] = {name: query[name] for name in ("meter", "resource_id") if name in query}
        for name, condition in (("start", "ended_at__gte"), ("end", "ended_at__lt")):
            if name in query:
                filters[condition] = _instant(query[name])
        return usage.page(page, **filters)

    @endpoint(INTERNAL, request=UsageIn, response=UsageOut, status=201)
    def post(self, request: Request, body: Body) -> UsageRow:
        names = ("source", "id", "meter", "quantity", "started_at", "ended_at")
        item = Usage(**{name: body[name] for name in names})
        return record_usage(self.ports, item, body["resource_id"], refuse=True)


def _instant(text: str) -> datetime:
    """An aware time from a query parameter. Raises BadRequest."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(f"{text!r} is not a time with a zone, such as 2026-01-01T00:00:00Z")
    return moment


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of usage."""
    return [path("v1/usage", UsageList.as_view(ports=ports))]
