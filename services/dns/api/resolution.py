"""The end point that answers as the platform's name servers do."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.dns.api.common import READ, View
from services.dns.domain.records import RecordType
from services.dns.operations import resolution
from services.dns.ports import Ports
from services.dns.schemas import Question, Resolved
from shared.web.django_views import endpoint


class Resolve(View):
    """What the platform's name servers answer."""

    @endpoint(READ, response=Resolved, query=[Question])
    def get(self, request: Request) -> dict[str, Any]:
        asked = Question(data=request.query_params)
        asked.is_valid(raise_exception=True)
        question = asked.validated_data
        return resolution.resolve(self.ports, question["name"], RecordType(question["type"]), question["region"])


def routes(ports: Ports) -> list[URLPattern]:
    """Its path."""
    return [path("v1/resolve", Resolve.as_view(ports=ports))]
