"""Tokens: log-in, log-out, and whether a token is still in force."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.views import APIView

from services.auth.api.common import Body, View
from services.auth.operations import tokens as operations
from services.auth.ports import Ports
from services.auth.schemas import RefreshTokenIn, TokenIn, TokenOut, TokenRequest
from shared.errors import Unauthenticated
from shared.web.django_problems import problem_response
from shared.web.django_views import endpoint
from shared.web.permissions import INTERNAL
from shared.web.problems import problem_body


class Tokens(View):
    """Log-in. It has no effect that could be doubled, so an `Idempotency-Key` means nothing here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self.in_transaction(request, lambda: APIView.dispatch(self, request, *args, **kwargs))

    @endpoint(None, request=TokenRequest, response=TokenOut)
    def post(self, request: Request, body: Body) -> Any:
        try:
            return self._issue(body)
        except Unauthenticated as refusal:  # answered, not raised: the counted failure and the ended session stay
            return _refused(refusal, request)

    def _issue(self, body: Body) -> operations.Issued:
        if body["grant_type"] == "api_key":
            return operations.with_api_key(self.ports, body["api_key"])
        if body["grant_type"] == "refresh_token":
            return operations.with_refresh_token(self.ports, body["refresh_token"])
        return operations.with_password(
            self.ports, body["tenant_id"], body["email"], body["password"], body["totp_code"]
        )


def _refused(refusal: Unauthenticated, request: Request) -> HttpResponse:
    response = problem_response(problem_body(refusal, request.path))
    for name, value in refusal.headers.items():
        response[name] = value
    return response


class TokenRevocation(View):
    """Log-out (RFC 7009). Whoever has the token may end it."""

    @endpoint(None, request=RefreshTokenIn, status=204)
    def post(self, request: Request, body: Body) -> None:
        operations.revoke(self.ports, body["refresh_token"])


class TokenIntrospection(View):
    """Whether a token is still in force, for the platform's services (RFC 7662)."""

    @endpoint(INTERNAL, request=TokenIn, response=None)
    def post(self, request: Request, body: Body) -> Body:
        return operations.introspect(self.ports, body["token"])


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of tokens."""
    return [
        path("v1/tokens", Tokens.as_view(ports=ports)),
        path("v1/tokens/revoke", TokenRevocation.as_view(ports=ports)),
        path("v1/tokens/introspect", TokenIntrospection.as_view(ports=ports)),
    ]
