"""Tenants: one's own; all of them for the platform's operators."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.tenants.api.common import READ, WRITE, Body, View
from services.tenants.domain.tenants import Action
from services.tenants.models import Tenant
from services.tenants.operations import tenants as operations
from services.tenants.ports import Ports
from services.tenants.repository import tenants
from services.tenants.schemas import TenantCreate, TenantOut, TenantUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.permissions import PLATFORM


class Tenants(View):
    """All tenants that the caller may see."""

    @endpoint(READ, response=TenantOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Tenant]:
        return tenants.page(page)

    @endpoint(PLATFORM, request=TenantCreate, response=TenantOut, status=201)
    def post(self, request: Request, body: Body) -> Tenant:
        return operations.create_tenant(body["name"], body["plan"], body["quotas"])


class OneTenant(View):
    """One tenant."""

    @endpoint(READ, response=TenantOut)
    def get(self, request: Request, id: str) -> Tenant:
        return tenants.get(id)

    @endpoint(WRITE, request=TenantUpdate, response=TenantOut)
    def patch(self, request: Request, id: str, body: Body) -> Tenant:
        return operations.update_tenant(id, body, expected_version(request))


class TenantState(View):
    """Suspend, resume, close: the operators' alone."""

    @endpoint(PLATFORM, response=TenantOut)
    def post(self, request: Request, id: str, action: str) -> Tenant:
        return operations.change_state(id, Action(action), expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of tenants."""
    state = TenantState.as_view(ports=ports)
    return [
        path("v1/tenants", Tenants.as_view(ports=ports)),
        path("v1/tenants/<str:id>", OneTenant.as_view(ports=ports)),
        *(path(f"v1/tenants/<str:id>/{action}", state, {"action": action}) for action in Action),
    ]
