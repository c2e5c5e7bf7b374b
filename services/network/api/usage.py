"""The end point of metering."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.network.api.common import WRITE, View
from services.network.operations import usage
from services.network.ports import Ports
from services.network.schemas import UsageFlushed
from shared.web.django_views import endpoint


class UsageFlush(View):
    """Record the usage of held addresses up to now."""

    @endpoint(WRITE, response=UsageFlushed)
    def post(self, request: Request) -> dict[str, int]:
        return {"recorded": usage.flush(self.ports)}


def routes(ports: Ports) -> list[URLPattern]:
    """Its path."""
    return [path("v1/usage/flush", UsageFlush.as_view(ports=ports))]
