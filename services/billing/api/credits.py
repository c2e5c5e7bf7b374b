"""Credits, and the credit notes that correct invoices."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.models import Credit
from services.billing.operations.credits import grant_credit, issue_credit_note
from services.billing.ports import Ports
from services.billing.repository import credits, invoices
from services.billing.schemas import CreditIn, CreditOut
from shared.utils.money import Money
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Credits(View):
    """Money the tenant has with us."""

    @endpoint(READ, response=CreditOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Credit]:
        return credits.page(page)

    @endpoint(PLATFORM, request=CreditIn, response=CreditOut, status=201)
    def post(self, request: Request, body: Body) -> Credit:
        return grant_credit(Money(body["amount"], body["currency"]), body["reason"])


class CreditNotes(View):
    """Corrections of a final invoice, in its currency."""

    @endpoint(READ, response=CreditOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[Credit]:
        return credits.page(page, invoice=invoices.get(id))

    @endpoint(PLATFORM, request=CreditIn, response=CreditOut, status=201)
    def post(self, request: Request, id: str, body: Body) -> Credit:
        amount = Money(body["amount"], body["currency"])
        return issue_credit_note(id, amount, body["reason"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of credits and credit notes."""
    return [
        path("v1/credits", Credits.as_view(ports=ports)),
        path("v1/invoices/<str:id>/credit-notes", CreditNotes.as_view(ports=ports)),
    ]
