"""End points of the tenants service: parse, call an operation, return."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request

from services.tenants import operations, quota_operations
from services.tenants.domain.lifecycle import Action
from services.tenants.domain.plans import PLANS
from services.tenants.models import Project, Quota, Reservation, Tenant
from services.tenants.repository import projects, quotas, reservations, tenants
from services.tenants.schemas import (
    LimitSet,
    PlanOut,
    ProjectCreate,
    ProjectOut,
    ProjectUpdate,
    QuotaList,
    QuotaOut,
    ReservationCreate,
    ReservationOut,
    TenantCreate,
    TenantOut,
    TenantUpdate,
)
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, endpoint, expected_version
from shared.web.permissions import INTERNAL, PLATFORM

Body = dict[str, Any]


class Tenants(ApiView):
    """Tenants: one's own; all of them for the platform's operators."""

    @endpoint("tenants:read", response=TenantOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Tenant]:
        return tenants.page(page)

    @endpoint(PLATFORM, request=TenantCreate, response=TenantOut, status=201)
    def post(self, request: Request, body: Body) -> Tenant:
        return operations.create_tenant(body["name"], body["plan"], body["quotas"])


class OneTenant(ApiView):
    """One tenant."""

    @endpoint("tenants:read", response=TenantOut)
    def get(self, request: Request, id: str) -> Tenant:
        return tenants.get(id)

    @endpoint("tenants:write", request=TenantUpdate, response=TenantOut)
    def patch(self, request: Request, id: str, body: Body) -> Tenant:
        return operations.update_tenant(id, body, expected_version(request))


class TenantState(ApiView):
    """Suspend, resume, close: the operators' alone."""

    @endpoint(PLATFORM, response=TenantOut)
    def post(self, request: Request, id: str, action: str) -> Tenant:
        return operations.change_state(id, Action(action))


class Plans(ApiView):
    """What there is to choose from."""

    @endpoint("tenants:read", response=PlanOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Any]:
        return Page(list(PLANS.values()))


class Projects(ApiView):
    """Projects of the tenant."""

    @endpoint("tenants:read", response=ProjectOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Project]:
        return projects.page(page)

    @endpoint("tenants:write", request=ProjectCreate, response=ProjectOut, status=201)
    def post(self, request: Request, body: Body) -> Project:
        return operations.create_project(body["name"], body["parent_id"])


class OneProject(ApiView):
    """One project."""

    @endpoint("tenants:read", response=ProjectOut)
    def get(self, request: Request, id: str) -> Project:
        return projects.get(id)

    @endpoint("tenants:write", request=ProjectUpdate, response=ProjectOut)
    def patch(self, request: Request, id: str, body: Body) -> Project:
        return operations.update_project(id, body, expected_version(request))

    @endpoint("tenants:write", status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_project(id)


class Quotas(ApiView):
    """The tenant's own limits."""

    @endpoint("tenants:read", response=QuotaList)
    def get(self, request: Request) -> dict[str, list[Quota]]:
        return {"items": quotas.of(None)}


class OneQuota(ApiView):
    """The tenant's limit of one resource; only operators set it."""

    @endpoint(PLATFORM, request=LimitSet, response=QuotaOut)
    def put(self, request: Request, resource: str, body: Body) -> Quota:
        return quota_operations.set_tenant_limit(resource, body["limit"], expected_version(request))


class ProjectQuotas(ApiView):
    """The limits of a project."""

    @endpoint("tenants:read", response=QuotaList)
    def get(self, request: Request, id: str) -> dict[str, list[Quota]]:
        return {"items": quotas.of(projects.get(id).id)}


class OneProjectQuota(ApiView):
    """The limit of one resource for a project and all below it."""

    @endpoint("tenants:write", request=LimitSet, response=QuotaOut)
    def put(self, request: Request, id: str, resource: str, body: Body) -> Quota:
        return quota_operations.set_project_limit(id, resource, body["limit"])


class Reservations(ApiView):
    """Claims on quotas, made by the platform's services for a tenant."""

    @endpoint(INTERNAL, response=ReservationOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Reservation]:
        return reservations.page(page)

    @endpoint(INTERNAL, request=ReservationCreate, response=ReservationOut, status=201)
    def post(self, request: Request, body: Body) -> Reservation:
        return quota_operations.reserve(body["resource"], body["amount"], body["reservation_id"], body["project_id"])


class OneReservation(ApiView):
    """One claim."""

    @endpoint(INTERNAL, response=ReservationOut)
    def get(self, request: Request, reservation_id: str) -> Reservation:
        return reservations.named(reservation_id)


class ReservationCommit(ApiView):
    """The claimed resource exists."""

    @endpoint(INTERNAL, response=ReservationOut)
    def post(self, request: Request, reservation_id: str) -> Reservation:
        return quota_operations.commit(reservation_id)


class ReservationRelease(ApiView):
    """The claimed resource is gone, or was never made."""

    @endpoint(INTERNAL, response=ReservationOut)
    def post(self, request: Request, reservation_id: str) -> Reservation:
        return quota_operations.release(reservation_id)


urlpatterns = [
    path("v1/tenants", Tenants.as_view()),
    path("v1/tenants/<str:id>", OneTenant.as_view()),
    *(path(f"v1/tenants/<str:id>/{action}", TenantState.as_view(), {"action": action}) for action in Action),
    path("v1/plans", Plans.as_view()),
    path("v1/projects", Projects.as_view()),
    path("v1/projects/<str:id>", OneProject.as_view()),
    path("v1/projects/<str:id>/quotas", ProjectQuotas.as_view()),
    path("v1/projects/<str:id>/quotas/<str:resource>", OneProjectQuota.as_view()),
    path("v1/quotas", Quotas.as_view()),
    path("v1/quotas/<str:resource>", OneQuota.as_view()),
    path("v1/quota/reservations", Reservations.as_view()),
    path("v1/quota/reservations/<str:reservation_id>", OneReservation.as_view()),
    path("v1/quota/reservations/<str:reservation_id>/commit", ReservationCommit.as_view()),
    path("v1/quota/reservations/<str:reservation_id>/release", ReservationRelease.as_view()),
]
