"""Roles. Who may grant is decided by the scope, so that a project's administrator may grant within it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.auth.api.common import READ, WRITE, Body, View
from services.auth.models import Grant
from services.auth.operations import grants as operations
from services.auth.ports import Ports
from services.auth.schemas import GrantBatch, GrantCreate, GrantList, GrantOut
from shared.kernel.context import current
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.input import parse_json
from shared.web.permissions import ensure_allowed_somewhere


class Grants(View):
    """All roles that the caller may see, or those of one subject."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Whether the caller could still give the role. Raises GrantTooWide."""
        operations.ensure_may_grant([parse_json(request.body)])

    @endpoint(READ, response=GrantOut, page=True, in_projects=True, query=[OpenApiParameter("subject", str)])
    def get(self, request: Request, page: PageRequest) -> Page[Grant]:
        return operations.readable_grants(page, request.query_params.get("subject"))

    @endpoint(None, signed_in=True, request=GrantCreate, response=GrantOut, status=201)
    def post(self, request: Request, body: Body) -> Grant:
        return operations.grant_role(self.ports, body["subject"], body["role"], body["scope"])


class Batch(View):
    """Several roles, all or none."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Whether the caller could still give the roles. Raises GrantTooWide."""
        operations.ensure_may_grant(parse_json(request.body)["grants"])

    @endpoint(None, signed_in=True, request=GrantBatch, response=GrantList, status=201)
    def post(self, request: Request, body: Body) -> dict[str, list[Grant]]:
        return {"items": operations.grant_roles(self.ports, body["grants"])}


class OneGrant(View):
    """One of them."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """Whether the caller still administers anything; the grant, and where it held, is gone. Raises Forbidden."""
        ensure_allowed_somewhere(current().caller, WRITE)

    @endpoint(READ, response=GrantOut, in_projects=True)
    def get(self, request: Request, id: str) -> Grant:
        return operations.read_grant(id)

    @endpoint(None, signed_in=True, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.take_back(id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of roles."""
    return [
        path("v1/grants", Grants.as_view(ports=ports)),
        path("v1/grants/batch", Batch.as_view(ports=ports)),
        path("v1/grants/<str:id>", OneGrant.as_view(ports=ports)),
    ]
