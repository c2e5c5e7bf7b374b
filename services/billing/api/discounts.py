"""Discounts on the tenant's invoices."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.models import DiscountRow
from services.billing.operations.discounts import grant_discount, withdraw_discount
from services.billing.ports import Ports
from services.billing.repository import discounts
from services.billing.schemas import DiscountIn, DiscountOut
from shared.utils.money import Money
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Discounts(View):
    """Discounts of the tenant, in the order in which they are taken off."""

    @endpoint(READ, response=DiscountOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[DiscountRow]:
        return discounts.page(page)

    @endpoint(PLATFORM, request=DiscountIn, response=DiscountOut, status=201)
    def post(self, request: Request, body: Body) -> DiscountRow:
        amount_off = Money(body["amount_off"], body["currency"]) if "amount_off" in body else None
        months = body.get("duration_in_months")
        return grant_discount(body["name"], body.get("percent_off"), amount_off, body["duration"], months)


class OneDiscount(View):
    """One discount; deleting it leaves the invoices that are made as they are."""

    @endpoint(READ, response=DiscountOut)
    def get(self, request: Request, id: str) -> DiscountRow:
        return discounts.get(id)

    @endpoint(PLATFORM, status=204)
    def delete(self, request: Request, id: str) -> None:
        withdraw_discount(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of discounts."""
    return [
        path("v1/discounts", Discounts.as_view(ports=ports)),
        path("v1/discounts/<str:id>", OneDiscount.as_view(ports=ports)),
    ]
