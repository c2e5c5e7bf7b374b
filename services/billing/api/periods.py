"""The account's monthly billing periods."""

from __future__ import annotations

from datetime import datetime

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.billing.api.common import READ, View, instant_of
from services.billing.domain.periods import monthly_period
from services.billing.ports import Ports
from services.billing.repository import accounts
from services.billing.schemas import PeriodOut
from shared.web.django_views import endpoint


class OnePeriod(View):
    """The period in which a time lies: from the account's anchor day to the next month's."""

    @endpoint(READ, response=PeriodOut, query=[OpenApiParameter("at", datetime, description="Now, without one")])
    def get(self, request: Request) -> dict[str, object]:
        text = request.query_params.get("at")
        moment = self.ports.clock.now() if text is None else instant_of(text)
        period = monthly_period(moment, accounts.mine().anchor_day)
        return {"period_start": period.start, "period_end": period.end}


def routes(ports: Ports) -> list[URLPattern]:
    """The route of periods."""
    return [path("v1/periods", OnePeriod.as_view(ports=ports))]
