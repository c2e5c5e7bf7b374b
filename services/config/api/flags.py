"""Feature flags: set for all, asked for one subject."""

from __future__ import annotations

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.config.api.common import READ, WRITE, Body, View, query_parameter
from services.config.models import FlagRow
from services.config.operations.flags import evaluate_flag, set_flag
from services.config.ports import Ports
from services.config.repository import flags
from services.config.schemas import FlagAnswer, FlagOut, FlagSet
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import GIVEN, endpoint, expected_version


class Flags(View):
    """Flags of the tenant, 1,000 at most."""

    @endpoint(READ, response=FlagOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[FlagRow]:
        return flags.page(page)


class OneFlag(View):
    """One flag."""

    @endpoint(READ, response=FlagOut)
    def get(self, request: Request, name: str) -> FlagRow:
        return flags.named(name)

    @endpoint(WRITE, request=FlagSet, response=FlagOut)
    def put(self, request: Request, name: str, body: Body) -> FlagRow:
        return set_flag(self.ports, name, body["enabled"], body["percentage"], expected_version(request))


class FlagEvaluation(View):
    """Whether a flag is on for a subject."""

    @endpoint(READ, response=FlagAnswer, query=[OpenApiParameter("subject", GIVEN, required=True)])
    def get(self, request: Request, name: str) -> Body:
        subject = query_parameter(request, "subject")
        return {"flag": name, "subject": subject, "enabled": evaluate_flag(self.ports, name, subject)}


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of flags."""
    return [
        path("v1/flags", Flags.as_view(ports=ports)),
        path("v1/flags/<name:name>", OneFlag.as_view(ports=ports)),
        path("v1/flags/<name:name>/evaluate", FlagEvaluation.as_view(ports=ports)),
    ]
