"""Tokens that leases are made under."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request

from services.secrets.api.common import READ, WRITE, Body, View
from services.secrets.models import LeaseToken
from services.secrets.operations import lease_tokens as operations
from services.secrets.ports import Ports
from services.secrets.repository import tokens
from services.secrets.schemas import TokenCreate, TokenOut
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version


class LeaseTokens(View):
    """All tokens. A tenant has at most 1,000 in force."""

    @endpoint(READ, response=TokenOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[LeaseToken]:
        return tokens.page(page)

    @endpoint(WRITE, request=TokenCreate, response=TokenOut, status=201)
    def post(self, request: Request, body: Body) -> LeaseToken:
        return operations.create_token(body["name"], body["parent_id"])


class TokenRevocation(View):
    """Revoke a token with everything below it; what the leases stood for goes from Vault within seconds."""

    @endpoint(WRITE, response=TokenOut)
    def post(self, request: Request, id: str) -> LeaseToken:
        return operations.revoke_token(self.ports, id, expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of tokens."""
    return [
        path("v1/lease-tokens", LeaseTokens.as_view(ports=ports)),
        path("v1/lease-tokens/<str:id>/revoke", TokenRevocation.as_view(ports=ports)),
    ]
