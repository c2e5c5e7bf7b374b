"""Invoices: a period is billed once, and what was billed never changes."""

from __future__ import annotations

from datetime import UTC

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.domain.periods import Period
from services.billing.models import Invoice
from services.billing.operations.invoices import bill
from services.billing.ports import Ports
from services.billing.repository import invoices
from services.billing.schemas import InvoiceOut, PeriodIn
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint
from shared.web.permissions import INTERNAL


class Invoices(View):
    """Invoices; making one bills a period."""

    @endpoint(READ, response=InvoiceOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Invoice]:
        return invoices.page(page)

    @endpoint(INTERNAL, request=PeriodIn, response=InvoiceOut, status=201)
    def post(self, request: Request, body: Body) -> Invoice:
        period = Period(*(body[name].astimezone(UTC) for name in ("period_start", "period_end"))) if body else None
        return bill(self.ports, period)


class OneInvoice(View):
    """One invoice."""

    @endpoint(READ, response=InvoiceOut)
    def get(self, request: Request, id: str) -> Invoice:
        return invoices.get(id)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of invoices."""
    return [
        path("v1/invoices", Invoices.as_view(ports=ports)),
        path("v1/invoices/<str:id>", OneInvoice.as_view(ports=ports)),
    ]
