"""For how long the tenant's records are kept."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.audit.api.common import READ, WRITE, View
from services.audit.models import Retention
from services.audit.operations.retention import UNSET_VERSION, set_retention
from services.audit.ports import Ports
from services.audit.repository import retentions
from services.audit.schemas import RetentionIn, RetentionOut
from shared.web.django_views import endpoint, expected_version


class RetentionOfTenant(View):
    """Days for which records are kept; null, as it is at first, for ever."""

    @endpoint(READ, response=RetentionOut)
    def get(self, request: Request) -> Retention | dict[str, Any]:
        return retentions.own() or {"days": None, "version": UNSET_VERSION}

    @endpoint(WRITE, request=RetentionIn, response=RetentionOut)
    def put(self, request: Request, body: dict[str, Any]) -> Retention:
        return set_retention(body["days"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The route of the retention."""
    return [path("v1/retention", RetentionOfTenant.as_view(ports=ports))]
