"""Path policies; the tenant's administrators set them."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.secrets.api.common import READ, Body, View
from services.secrets.models import Policy
from services.secrets.operations import path_policies as operations
from services.secrets.ports import Ports
from services.secrets.repository import policies
from services.secrets.schemas import PolicyCreate, PolicyOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version

ADMINISTER = "auth:write"
"""Who may do what is for those to say who also give roles."""


class Policies(View):
    """All policies."""

    @endpoint(READ, response=PolicyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Policy]:
        return policies.page(page)

    @endpoint(ADMINISTER, request=PolicyCreate, response=PolicyOut, status=201)
    def post(self, request: Request, body: Body) -> Policy:
        return operations.create_policy(body["pattern"], body["subjects"], body["capabilities"])


class OnePolicy(View):
    """One path policy."""

    @endpoint(ADMINISTER, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_policy(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of path policies."""
    return [
        path("v1/path-policies", Policies.as_view(ports=ports)),
        path("v1/path-policies/<str:id>", OnePolicy.as_view(ports=ports)),
    ]
