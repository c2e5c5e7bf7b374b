"""Limits of the tenant and of its projects."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import READ, WRITE, Body, View
from services.tenants.models import Quota
from services.tenants.operations import quotas as operations
from services.tenants.operations.projects import read_project
from services.tenants.ports import Ports
from services.tenants.repository import quotas
from services.tenants.schemas import LimitSet, QuotaList, QuotaOut
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Quotas(View):
    """The tenant's own limits."""

    @endpoint(READ, response=QuotaList)
    def get(self, request: Request) -> dict[str, list[Quota]]:
        return {"items": quotas.of(None)}


class OneQuota(View):
    """The tenant's limit of one resource; only operators set it."""

    @endpoint(PLATFORM, request=LimitSet, response=QuotaOut)
    def put(self, request: Request, resource: str, body: Body) -> Quota:
        return operations.set_tenant_limit(resource, body["limit"], expected_version(request))


class ProjectQuotas(View):
    """The limits of a project."""

    @endpoint(READ, response=QuotaList, in_projects=True)
    def get(self, request: Request, id: str) -> dict[str, list[Quota]]:
        return {"items": quotas.of(read_project(id).id)}


class OneProjectQuota(View):
    """The limit of one resource for a project and all below it."""

    @endpoint(WRITE, request=LimitSet, response=QuotaOut)
    def put(self, request: Request, id: str, resource: str, body: Body) -> Quota:
        return operations.set_project_limit(id, resource, body["limit"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of limits."""
    return [
        path("v1/quotas", Quotas.as_view(ports=ports)),
        path("v1/quotas/<str:resource>", OneQuota.as_view(ports=ports)),
        path("v1/projects/<str:id>/quotas", ProjectQuotas.as_view(ports=ports)),
        path("v1/projects/<str:id>/quotas/<str:resource>", OneProjectQuota.as_view(ports=ports)),
    ]
