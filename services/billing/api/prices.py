"""Prices of the tenant's own, by meter."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, Body, View
from services.billing.models import PriceRow
from services.billing.operations.prices import own_price, set_price
from services.billing.ports import Ports
from services.billing.repository import prices
from services.billing.schemas import PriceIn, PriceOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Prices(View):
    """The tenant's own prices."""

    @endpoint(READ, response=PriceOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[PriceRow]:
        return prices.page(page)


class OnePrice(View):
    """The tenant's own price for a meter."""

    @endpoint(READ, response=PriceOut)
    def get(self, request: Request, meter: str) -> PriceRow:
        return own_price(meter)

    @endpoint(PLATFORM, request=PriceIn, response=PriceOut)
    def put(self, request: Request, meter: str, body: Body) -> PriceRow:
        return set_price(meter, body["currency"], body["model"], body["tiers"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of prices."""
    return [
        path("v1/prices", Prices.as_view(ports=ports)),
        path("v1/prices/<str:meter>", OnePrice.as_view(ports=ports)),
    ]
