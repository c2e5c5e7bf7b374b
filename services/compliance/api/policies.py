"""Policies: what is allowed, and what is denied or warned of."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.compliance.api.common import READ, WRITE, Body, View
from services.compliance.models import PolicyRow
from services.compliance.operations.policies import change_policy, create_policy, delete_policy
from services.compliance.ports import Ports
from services.compliance.repository import policies
from services.compliance.schemas import PolicyCreate, PolicyOut, PolicyUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Policies(View):
    """Policies of the tenant."""

    @endpoint(READ, response=PolicyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[PolicyRow]:
        return policies.page(page)

    @endpoint(WRITE, request=PolicyCreate, response=PolicyOut, status=201)
    def post(self, request: Request, body: Body) -> PolicyRow:
        return create_policy(self.ports, body)


class OnePolicy(View):
    """One policy."""

    @endpoint(READ, response=PolicyOut)
    def get(self, request: Request, id: str) -> PolicyRow:
        return policies.get(id)

    @endpoint(WRITE, request=PolicyUpdate, response=PolicyOut)
    def patch(self, request: Request, id: str, body: Body) -> PolicyRow:
        return change_policy(self.ports, id, body, expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        delete_policy(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of policies."""
    return [
        path("v1/policies", Policies.as_view(ports=ports)),
        path("v1/policies/<str:id>", OnePolicy.as_view(ports=ports)),
    ]
