"""Exemptions: policies that don't count for a while."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.compliance.api.common import READ, WRITE, Body, View
from services.compliance.models import ExemptionRow
from services.compliance.operations.exemptions import end_exemption, grant_exemption
from services.compliance.ports import Ports
from services.compliance.repository import exemptions
from services.compliance.schemas import ExemptionCreate, ExemptionOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Exemptions(View):
    """Exemptions of the tenant."""

    @endpoint(READ, response=ExemptionOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[ExemptionRow]:
        return exemptions.page(page)

    @endpoint(WRITE, request=ExemptionCreate, response=ExemptionOut, status=201)
    def post(self, request: Request, body: Body) -> ExemptionRow:
        return grant_exemption(self.ports, body["policy_id"], body["resource_id"], body["reason"], body["expires_at"])


class OneExemption(View):
    """One exemption; deleting it ends it before its time."""

    @endpoint(READ, response=ExemptionOut)
    def get(self, request: Request, id: str) -> ExemptionRow:
        return exemptions.get(id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        end_exemption(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of exemptions."""
    return [
        path("v1/exemptions", Exemptions.as_view(ports=ports)),
        path("v1/exemptions/<str:id>", OneExemption.as_view(ports=ports)),
    ]
