"""What the period that runs has cost up to now."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.billing.api.common import READ, View
from services.billing.operations.spend import Spend, spend_now
from services.billing.ports import Ports
from services.billing.schemas import SpendOut
from shared.web.django_views import endpoint


class CurrentSpend(View):
    """The spending that budgets are compared with."""

    @endpoint(READ, response=SpendOut)
    def get(self, request: Request) -> Spend:
        return spend_now(self.ports)


def routes(ports: Ports) -> list[URLPattern]:
    """The route of spending."""
    return [path("v1/spend", CurrentSpend.as_view(ports=ports))]
