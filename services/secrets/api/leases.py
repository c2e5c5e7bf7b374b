"""Leases of the tenant."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response

from services.secrets.api.common import READ, WRITE, Body, View, unstored
from services.secrets.models import Lease
from services.secrets.operations import leases as operations
from services.secrets.ports import Ports
from services.secrets.repository import leases
from services.secrets.schemas import CredentialsOut, LeaseCreate, LeaseOut, Renewal
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Leases(View):
    """All leases. A tenant has at most 1,000, those that ended a moment ago included."""

    @endpoint(READ, response=LeaseOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Lease]:
        return leases.page(page)

    @endpoint(WRITE, request=LeaseCreate, response=LeaseOut, status=201)
    def post(self, request: Request, body: Body) -> Lease:
        names = ("token_id", "engine", "ttl_seconds", "max_ttl_seconds")
        return operations.issue(self.ports, *(body[name] for name in names))


class OneLease(View):
    """One lease."""

    @endpoint(READ, response=LeaseOut)
    def get(self, request: Request, id: str) -> Lease:
        return leases.get(id)


class LeaseCredentials(View):
    """What a lease stands for."""

    @endpoint(READ, response=CredentialsOut, also=[409])
    def get(self, request: Request, id: str) -> Response:
        return unstored(CredentialsOut, operations.credentials(self.ports, id))


class LeaseRenewal(View):
    """Ask for more time."""

    @endpoint(WRITE, request=Renewal, response=LeaseOut)
    def post(self, request: Request, id: str, body: Body) -> Lease:
        return operations.renew(self.ports, id, body["increment_seconds"], expected_version(request))


class LeaseRevocation(View):
    """End a lease."""

    @endpoint(WRITE, response=LeaseOut)
    def post(self, request: Request, id: str) -> Lease:
        return operations.revoke(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of leases."""
    return [
        path("v1/leases", Leases.as_view(ports=ports)),
        path("v1/leases/<str:id>", OneLease.as_view(ports=ports)),
        path("v1/leases/<str:id>/credentials", LeaseCredentials.as_view(ports=ports)),
        path("v1/leases/<str:id>/renew", LeaseRenewal.as_view(ports=ports)),
        path("v1/leases/<str:id>/revoke", LeaseRevocation.as_view(ports=ports)),
    ]
