"""Environments, and what a publication would contain."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.config.api.common import READ, Body, View
from services.config.models import Environment
from services.config.operations.environments import explain
from services.config.ports import Ports
from services.config.repository import environments
from services.config.schemas import EnvironmentOut, ExplanationOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint


class Environments(View):
    """Environments of the tenant, 100 at most."""

    @endpoint(READ, response=EnvironmentOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Environment]:
        return environments.page(page)


class OneEnvironment(View):
    """One environment; its version rises with every publication."""

    @endpoint(READ, response=EnvironmentOut)
    def get(self, request: Request, environment: str) -> Environment:
        return environments.named(environment)


class Explanation(View):
    """What would be published, and why."""

    @endpoint(READ, response=ExplanationOut)
    def get(self, request: Request, environment: str) -> Body:
        return explain(environment)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of environments."""
    return [
        path("v1/environments", Environments.as_view(ports=ports)),
        path("v1/environments/<name:environment>", OneEnvironment.as_view(ports=ports)),
        path("v1/environments/<name:environment>/explanation", Explanation.as_view(ports=ports)),
    ]
