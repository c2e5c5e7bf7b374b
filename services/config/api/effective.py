"""The configuration in force."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from services.config.api.common import READ, View, query_parameter
from services.config.operations.effective import read_effective
from services.config.ports import Ports
from services.config.schemas import EffectiveOut
from shared.errors import BadRequest
from shared.settings import parse_flag
from shared.web.django_views import GIVEN, endpoint


class InvalidParameter(BadRequest):
    """A query parameter that isn't what it should be."""

    code = "invalid_parameter"


QUERY = (
    OpenApiParameter("environment", GIVEN, required=True),
    OpenApiParameter("resolve", bool, default=False, description="Whether references to secrets become their values"),
)


class Effective(View):
    """The configuration in force; secrets in it, once resolved, stay in no cache."""

    @endpoint(READ, response=EffectiveOut, query=QUERY)
    def get(self, request: Request) -> Response:
        environment = query_parameter(request, "environment")
        resolve = _resolve(request.query_params.get("resolve", "false"))
        document = read_effective(self.ports, environment, resolve)
        return Response(EffectiveOut(document).data, headers={"Cache-Control": "no-store"} if resolve else None)


def _resolve(text: str) -> bool:
    """Whether references are to be resolved. Raises InvalidParameter."""
    try:
        return parse_flag(text)
    except ValueError as error:
        raise InvalidParameter("resolve is true or false") from error


def routes(ports: Ports) -> list[URLPattern]:
    """The route of the configuration in force."""
    return [path("v1/effective", Effective.as_view(ports=ports))]
