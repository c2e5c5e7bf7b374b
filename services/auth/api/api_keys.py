"""Keys of service accounts."""

from __future__ import annotations

from datetime import timedelta

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.auth.api.common import READ, WRITE, Body, SecretView, View
from services.auth.models import ApiKey
from services.auth.operations import api_keys as operations
from services.auth.operations.accounts import SERVICE_ACCOUNT
from services.auth.ports import Ports
from services.auth.repository import accounts, api_keys
from services.auth.schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class ApiKeys(SecretView):
    """Keys of a service account."""

    @endpoint(READ, response=ApiKeyOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[ApiKey]:
        account = accounts.of_kinds([SERVICE_ACCOUNT], id)
        return api_keys.page(page, account_id=account.id)

    @endpoint(WRITE, request=ApiKeyCreate, response=ApiKeyCreated, status=201)
    def post(self, request: Request, id: str, body: Body) -> ApiKey:
        seconds = body["expires_in_seconds"]
        lifetime = timedelta(seconds=seconds) if seconds else None
        return operations.create_api_key(self.ports, id, body["name"], lifetime)


class OneApiKey(View):
    """One of them."""

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.revoke_api_key(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of keys."""
    return [
        path("v1/service-accounts/<str:id>/api-keys", ApiKeys.as_view(ports=ports)),
        path("v1/api-keys/<str:id>", OneApiKey.as_view(ports=ports)),
    ]
