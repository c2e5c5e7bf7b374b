"""The end point that answers as the platform's name servers do."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from services.dns.api.common import READ, View
from services.dns.domain.records import RecordType
from services.dns.operations import resolution
from services.dns.ports import Ports
from services.dns.schemas import TYPES, Question, Resolved
from shared.web.django_views import endpoint


class Resolve(View):
    """What the platform's name servers answer."""

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, required=True),
            OpenApiParameter("type", str, enum=TYPES),
            OpenApiParameter("region", str, description="Where the client is; latency routing goes by it"),
        ]
    )
    @endpoint(READ, response=Resolved)
    def get(self, request: Request) -> dict[str, Any]:
        asked = Question(data=request.query_params)
        asked.is_valid(raise_exception=True)
        question = asked.validated_data
        return resolution.resolve(self.ports, question["name"], RecordType(question["type"]), question["region"])


def routes(ports: Ports) -> list[URLPattern]:
    """Its path."""
    return [path("v1/resolve", Resolve.as_view(ports=ports))]
