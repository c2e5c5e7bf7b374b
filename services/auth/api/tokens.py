"""Tokens: log-in, log-out, and whether a token is still in force. In JSON, or in the forms of RFC 6749 and 7009."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from services.auth.api.common import Body, View, client_address
from services.auth.domain import oauth
from services.auth.operations import tokens as operations
from services.auth.ports import Ports
from services.auth.schemas import Introspection, RefreshTokenIn, ServerMetadata, TokenIn, TokenOut, TokenRequest
from shared.errors import PayloadTooLarge, Unauthenticated
from shared.web.django_json import StrictJsonParser
from shared.web.django_views import endpoint
from shared.web.permissions import INTERNAL

MAX_FORM_BYTES = 65_536
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""Of answers with tokens (RFC 6749 §5.1)."""


class FormParser(BaseParser):
    """A form's parameters as they are."""

    media_type = oauth.FORM

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, str]:
        body = stream.read(MAX_FORM_BYTES + 1)
        if len(body) > MAX_FORM_BYTES:
            raise PayloadTooLarge(f"a form has at most {MAX_FORM_BYTES} bytes")
        return oauth.parse_form(body)


class TokenFormParser(FormParser):
    """A token request in a form, as if it had come in JSON."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, str]:
        return oauth.token_request(super().parse(stream, media_type, parser_context))


class RevocationFormParser(FormParser):
    """A revocation in a form: RFC 7009 calls the refresh token `token`."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, str]:
        form = super().parse(stream, media_type, parser_context)
        return {"refresh_token": form["token"]} if "token" in form else {}


class OAuthView(View):
    """Who sends a form gets OAuth's answers; who sends JSON gets the API's."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = self.answer(request, *args, **kwargs)
        if answer.status_code < 400 or request.content_type != oauth.FORM:
            return answer
        problem: Any = answer.data if isinstance(answer, Response) else json.loads(answer.content)
        status, body = oauth.refusal(problem)
        headers = {name: answer[name] for name in ("Retry-After", "WWW-Authenticate") if name in answer}
        return JsonResponse(body, status=status, headers={**headers, **NO_STORE})

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The API's answer."""
        return super().dispatch(request, *args, **kwargs)


class Tokens(OAuthView):
    """Log-in. It has no effect that could be doubled, so an `Idempotency-Key` means nothing here."""

    keyed = False
    parser_classes = [StrictJsonParser, TokenFormParser]

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self.in_transaction(request, lambda: APIView.dispatch(self, request, *args, **kwargs))

    @endpoint(None, request=TokenRequest, response=TokenOut)
    def post(self, request: Request, body: Body) -> Any:
        try:
            issued = TokenOut(self._issue(body, client_address(request))).data
        except Unauthenticated as refusal:  # answered, not raised: the counted failure and the ended session stay
            return self.committed_refusal(request, refusal)
        if request.content_type == oauth.FORM:
            issued = {name: value for name, value in issued.items() if value is not None}
        return Response(issued, headers=NO_STORE)

    def _issue(self, body: Body, address: str) -> operations.Issued:
        if body["grant_type"] == "api_key":
            return operations.with_api_key(self.ports, body["api_key"])
        if body["grant_type"] == "refresh_token":
            return operations.with_refresh_token(self.ports, body["refresh_token"])
        claimed = operations.Claimed(body["tenant_id"], body["email"], address)
        return operations.with_password(self.ports, claimed, body["password"], body["totp_code"])


class TokenRevocation(OAuthView):
    """Log-out (RFC 7009). Whoever has the token may end it."""

    parser_classes = [StrictJsonParser, RevocationFormParser]

    @endpoint(None, request=RefreshTokenIn, status=204, also=[200])
    def post(self, request: Request, body: Body) -> Any:
        operations.revoke(self.ports, body["refresh_token"])
        return HttpResponse(status=200) if request.content_type == oauth.FORM else None


class TokenIntrospection(View):
    """Whether a token is still in force, for the platform's services (RFC 7662)."""

    @endpoint(INTERNAL, request=TokenIn, response=Introspection)
    def post(self, request: Request, body: Body) -> Response:
        return Response(operations.introspect(self.ports, body["token"]))


class Metadata(View):
    """Where clients find what (RFC 8414), under the address by which they came."""

    @endpoint(None, response=ServerMetadata)
    def get(self, request: Request) -> Body:
        scheme = request.headers.get("X-Forwarded-Proto", "http")
        host = request.headers.get("X-Forwarded-Host") or request.headers.get("Host", "")
        return oauth.metadata(self.ports.settings.token_issuer, f"{scheme}://{host}")


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of tokens."""
    return [
        path("v1/tokens", Tokens.as_view(ports=ports)),
        path("v1/tokens/revoke", TokenRevocation.as_view(ports=ports)),
        path("v1/tokens/introspect", TokenIntrospection.as_view(ports=ports)),
        path("v1/.well-known/oauth-authorization-server", Metadata.as_view(ports=ports)),
    ]
