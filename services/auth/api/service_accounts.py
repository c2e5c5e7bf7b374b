"""Machines of the tenant."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.auth.api.common import READ, WRITE, Body, View
from services.auth.models import Account
from services.auth.operations import service_accounts as operations
from services.auth.operations.accounts import SERVICE_ACCOUNT
from services.auth.ports import Ports
from services.auth.repository import accounts
from services.auth.schemas import ServiceAccountCreate, ServiceAccountOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class ServiceAccounts(View):
    """All of them."""

    @endpoint(READ, response=ServiceAccountOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Account]:
        return accounts.page(page, kind=SERVICE_ACCOUNT)

    @endpoint(WRITE, request=ServiceAccountCreate, response=ServiceAccountOut, status=201)
    def post(self, request: Request, body: Body) -> Account:
        return operations.create_service_account(self.ports, body["name"], body["grants"])


class OneServiceAccount(View):
    """One of them."""

    @endpoint(READ, response=ServiceAccountOut)
    def get(self, request: Request, id: str) -> Account:
        return accounts.of_kinds([SERVICE_ACCOUNT], id)

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_service_account(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of service accounts."""
    return [
        path("v1/service-accounts", ServiceAccounts.as_view(ports=ports)),
        path("v1/service-accounts/<str:id>", OneServiceAccount.as_view(ports=ports)),
    ]
