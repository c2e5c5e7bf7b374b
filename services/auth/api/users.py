"""People of the tenant."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.auth.api.common import READ, WRITE, Body, View
from services.auth.models import Account
from services.auth.operations import users as operations
from services.auth.operations.accounts import PEOPLE
from services.auth.ports import Ports
from services.auth.repository import accounts
from services.auth.schemas import UserCreate, UserOut, UserUpdate
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class Users(View):
    """All of them."""

    @endpoint(READ, response=UserOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Account]:
        return accounts.page(page, kind__in=PEOPLE)

    @endpoint(WRITE, request=UserCreate, response=UserOut, status=201)
    def post(self, request: Request, body: Body) -> Account:
        return operations.create_user(self.ports, body["email"], body["password"], body["name"], body["grants"])


class OneUser(View):
    """One of them."""

    @endpoint(READ, response=UserOut)
    def get(self, request: Request, id: str) -> Account:
        return accounts.of_kinds(PEOPLE, id)

    @endpoint(WRITE, request=UserUpdate, response=UserOut)
    def patch(self, request: Request, id: str, body: Body) -> Account:
        return operations.rename_user(id, body["name"], expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.disable_user(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of users."""
    return [
        path("v1/users", Users.as_view(ports=ports)),
        path("v1/users/<str:id>", OneUser.as_view(ports=ports)),
    ]
