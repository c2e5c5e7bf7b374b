"""Metered usage: sent by services, seen by the tenant."""

from __future__ import annotations

from datetime import datetime

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View, instant_of
from services.billing.domain.usage import Usage
from services.billing.models import UsageRow
from services.billing.operations.usage import record_usage
from services.billing.ports import Ports
from services.billing.repository import usage
from services.billing.schemas import UsageIn, UsageOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint
from shared.web.permissions import INTERNAL

QUERY = (
    OpenApiParameter("meter", str),
    OpenApiParameter("resource_id", str),
    OpenApiParameter("start", datetime),
    OpenApiParameter("end", datetime),
)


class UsageList(View):
    """Metered usage, filtered by `meter`, `resource_id`, and by half-open time, as invoices take it: `start`, `end`."""

    @endpoint(READ, response=UsageOut, page=True, query=QUERY)
    def get(self, request: Request, page: PageRequest) -> Page[UsageRow]:
        query = request.query_params
        filters = {name: query[name] for name in ("meter", "resource_id") if name in query}
        start, end = (instant_of(query[name]) if name in query else None for name in ("start", "end"))
        return usage.page_of_time(page, start, end, **filters)

    @endpoint(INTERNAL, request=UsageIn, response=UsageOut, status=201)
    def post(self, request: Request, body: Body) -> UsageRow:
        names = ("source", "id", "meter", "quantity", "started_at", "ended_at")
        item = Usage(**{name: body[name] for name in names})
        return record_usage(self.ports, item, body["resource_id"], refuse=True)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of usage."""
    return [path("v1/usage", UsageList.as_view(ports=ports))]
