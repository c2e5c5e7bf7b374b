"""End points of the billing service: parse, call an operation, return."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.urls import path
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from services.billing import invoicing, operations
from services.billing.domain.periods import Period
from services.billing.domain.usage import Usage
from services.billing.models import Account, Credit, Invoice, PriceRow, UsageRow
from services.billing.repository import accounts, credits, invoices, prices, usage
from services.billing.schemas import (
    AccountChange,
    AccountOut,
    CreditIn,
    CreditOut,
    InvoiceOut,
    PeriodIn,
    PriceIn,
    PriceOut,
    UsageIn,
    UsageOut,
)
from shared.errors import BadRequest, NotFound
from shared.utils.clock import system_clock
from shared.utils.money import Money
from shared.utils.pagination import Page, PageRequest
from shared.web.django import service_settings
from shared.web.django_views import ApiView, endpoint, expected_version
from shared.web.permissions import INTERNAL, PLATFORM

Body = dict[str, Any]


class OneAccount(ApiView):
    """How the tenant is billed."""

    @endpoint("billing:read", response=AccountOut)
    def get(self, request: Request) -> Account:
        return accounts.mine()

    @endpoint(PLATFORM, request=AccountChange, response=AccountOut)
    def patch(self, request: Request, body: Body) -> Account:
        return operations.change_account(body, expected_version(request))


class Prices(ApiView):
    """The tenant's own prices."""

    @endpoint("billing:read", response=PriceOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[PriceRow]:
        return prices.page(page)


class OnePrice(ApiView):
    """The tenant's own price for a meter."""

    @endpoint("billing:read", response=PriceOut)
    def get(self, request: Request, meter: str) -> PriceRow:
        row = prices.of_meter(meter)
        if row is None:
            raise NotFound(f"there is no price of your own for {meter}")
        return row

    @endpoint(PLATFORM, request=PriceIn, response=PriceOut)
    def put(self, request: Request, meter: str, body: Body) -> PriceRow:
        return operations.set_price(meter, body["currency"], body["model"], body["tiers"], expected_version(request))


class UsageList(ApiView):
    """Metered usage, filtered by `meter`, `resource_id`, `start` and `end` (of its end, half-open)."""

    @endpoint("billing:read", response=UsageOut, page=True)
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
        now = system_clock(service_settings().clock_file).now()
        item = Usage(**{name: body[name] for name in names})
        return operations.record_usage(item, body["resource_id"], now, refuse=True)


class Invoices(ApiView):
    """Invoices; making one bills a period."""

    @endpoint("billing:read", response=InvoiceOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Invoice]:
        return invoices.page(page)

    @endpoint(INTERNAL, request=PeriodIn, response=InvoiceOut, status=201)
    def post(self, request: Request, body: Body) -> Invoice:
        return invoicing.run(Period(body["period_start"].astimezone(UTC), body["period_end"].astimezone(UTC)))


class OneInvoice(ApiView):
    """One invoice."""

    @endpoint("billing:read", response=InvoiceOut)
    def get(self, request: Request, id: str) -> Invoice:
        return invoices.get(id)


class CreditNotes(ApiView):
    """Corrections of a final invoice."""

    @endpoint(PLATFORM, request=CreditIn, response=CreditOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Credit:
        return operations.issue_credit_note(id, Money(body["amount"], body["currency"]), body["reason"])


class Credits(ApiView):
    """Money the tenant has with us."""

    @endpoint("billing:read", response=CreditOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Credit]:
        return credits.page(page)

    @endpoint(PLATFORM, request=CreditIn, response=CreditOut, status=201)
    def post(self, request: Request, body: Body) -> Credit:
        return operations.grant_credit(Money(body["amount"], body["currency"]), body["reason"])


def _instant(text: str) -> datetime:
    """An aware time from a query parameter. Raises BadRequest."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(f"{text!r} is not a time with a zone, such as 2026-01-01T00:00:00Z")
    return moment


urlpatterns = [
    path("v1/account", OneAccount.as_view()),
    path("v1/prices", Prices.as_view()),
    path("v1/prices/<str:meter>", OnePrice.as_view()),
    path("v1/usage", UsageList.as_view()),
    path("v1/invoices", Invoices.as_view()),
    path("v1/invoices/<str:id>", OneInvoice.as_view()),
    path("v1/invoices/<str:id>/credit-notes", CreditNotes.as_view()),
    path("v1/credits", Credits.as_view()),
]
