"""End points of the auth service: parse, call an operation, return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from services.auth import grant_operations, operations, schemas, signing, token_operations
from services.auth.models import Account, ApiKey, Grant
from services.auth.repository import accounts, api_keys, grants
from shared.errors import Unauthenticated
from shared.kernel.context import current
from shared.kernel.identity import Identity
from shared.utils.clock import Clock, system_clock
from shared.utils.pagination import Page, PageRequest
from shared.web.django import service_settings
from shared.web.django_problems import problem_response
from shared.web.django_views import ApiView, endpoint, expected_version
from shared.web.idempotency import IdempotencyNotSupported
from shared.web.permissions import INTERNAL, PLATFORM
from shared.web.problems import problem_body

Body = dict[str, Any]
KEY_SET_MAX_AGE_SECONDS = 60
"""How long the key set may be kept; a verifier that meets an unknown key id reads it again at once."""


def clock() -> Clock:
    """The service's clock."""
    return system_clock(service_settings().clock_file)


class SecretView(ApiView):
    """Answers hold secrets, so they are never saved for a repetition; an `Idempotency-Key` is refused."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            error = IdempotencyNotSupported("this answer is given once: leave the Idempotency-Key out")
            return problem_response(problem_body(error, request.path))
        return super().dispatch(request, *args, **kwargs)


class Tokens(ApiView):
    """Log-in. It has no effect that could be doubled, so an `Idempotency-Key` means nothing here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            return APIView.dispatch(self, request, *args, **kwargs)

    @endpoint(None, request=schemas.TokenRequest, response=schemas.TokenOut)
    def post(self, request: Request, body: Body) -> Any:
        try:
            return self._issue(body)
        except Unauthenticated as refusal:  # answered, not raised: the counted failure and the ended session stay
            return _refused(refusal, request)

    def _issue(self, body: Body) -> token_operations.Issued:
        if body["grant_type"] == "api_key":
            return token_operations.with_api_key(body["api_key"], clock())
        if body["grant_type"] == "refresh_token":
            return token_operations.with_refresh_token(body["refresh_token"], clock())
        return token_operations.with_password(
            body["tenant_id"], body["email"], body["password"], body["totp_code"], clock()
        )


def _refused(refusal: Unauthenticated, request: Request) -> HttpResponse:
    response = problem_response(problem_body(refusal, request.path))
    for name, value in refusal.headers.items():
        response[name] = value
    return response


class TokenRevocation(ApiView):
    """Log-out (RFC 7009). Whoever has the token may end it."""

    @endpoint(None, request=schemas.RefreshTokenIn, status=204)
    def post(self, request: Request, body: Body) -> None:
        token_operations.revoke(body["refresh_token"], clock())


class TokenIntrospection(ApiView):
    """Whether a token is still in force, for the platform's services (RFC 7662)."""

    @endpoint(INTERNAL, request=schemas.TokenIn, response=None)
    def post(self, request: Request, body: Body) -> Body:
        return token_operations.introspect(body["token"], clock())


class KeySet(ApiView):
    """The public keys of access tokens, for everybody."""

    @endpoint(None, response=schemas.KeySet)
    def get(self, request: Request) -> Response:
        headers = {"Cache-Control": f"public, max-age={KEY_SET_MAX_AGE_SECONDS}"}
        return Response(signing.key_set(clock().now()), headers=headers)


class KeyRotation(ApiView):
    """The next signing key."""

    @endpoint(PLATFORM, response=schemas.KeySet, status=201)
    def post(self, request: Request) -> Body:
        now = clock().now()
        signing.rotate(now)
        return signing.key_set(now)


class WhoAmI(ApiView):
    """The caller."""

    @endpoint(None, response=schemas.Me)
    def get(self, request: Request) -> Identity:
        return current().caller


class OwnPassword(ApiView):
    """One's own password."""

    @endpoint(None, request=schemas.PasswordChange, status=204)
    def post(self, request: Request, body: Body) -> None:
        operations.change_password(
            current().caller.subject, body["current_password"], body["new_password"], clock().now()
        )


class TotpEnrolment(SecretView):
    """The caller's second factor: its secret."""

    @endpoint(None, response=schemas.TotpEnrolment, status=201)
    def post(self, request: Request) -> Body:
        return operations.enrol_totp(current().caller.subject)


class TotpVerification(ApiView):
    """The caller's second factor: switched on by its first code."""

    @endpoint(None, request=schemas.TotpCode, response=schemas.TotpState)
    def post(self, request: Request, body: Body) -> Body:
        operations.verify_totp(current().caller.subject, body["code"], clock().now())
        return {"enabled": True}


class Users(ApiView):
    """People of the tenant."""

    @endpoint("auth:read", response=schemas.UserOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Account]:
        return accounts.page(page, kind__in=operations.PEOPLE)

    @endpoint("auth:write", request=schemas.UserCreate, response=schemas.UserOut, status=201)
    def post(self, request: Request, body: Body) -> Account:
        return operations.create_user(body["email"], body["password"], body["name"], body["grants"])


class OneUser(ApiView):
    """One of them."""

    @endpoint("auth:read", response=schemas.UserOut)
    def get(self, request: Request, id: str) -> Account:
        return accounts.of_kinds(operations.PEOPLE, id)

    @endpoint("auth:write", request=schemas.UserUpdate, response=schemas.UserOut)
    def patch(self, request: Request, id: str, body: Body) -> Account:
        return operations.rename_user(id, body["name"], expected_version(request))

    @endpoint("auth:write", status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.disable_user(id, clock().now())


class ServiceAccounts(ApiView):
    """Machines of the tenant."""

    @endpoint("auth:read", response=schemas.ServiceAccountOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Account]:
        return accounts.page(page, kind=operations.SERVICE_ACCOUNT)

    @endpoint("auth:write", request=schemas.ServiceAccountCreate, response=schemas.ServiceAccountOut, status=201)
    def post(self, request: Request, body: Body) -> Account:
        return operations.create_service_account(body["name"], body["grants"])


class OneServiceAccount(ApiView):
    """One of them."""

    @endpoint("auth:read", response=schemas.ServiceAccountOut)
    def get(self, request: Request, id: str) -> Account:
        return accounts.of_kinds([operations.SERVICE_ACCOUNT], id)

    @endpoint("auth:write", status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_service_account(id, clock().now())


class ApiKeys(SecretView):
    """Keys of a service account."""

    @endpoint("auth:read", response=schemas.ApiKeyOut, page=True)
    def get(self, request: Request, id: str, page: PageRequest) -> Page[ApiKey]:
        account = accounts.of_kinds([operations.SERVICE_ACCOUNT], id)
        return api_keys.page(page, account_id=account.id)

    @endpoint("auth:write", request=schemas.ApiKeyCreate, response=schemas.ApiKeyCreated, status=201)
    def post(self, request: Request, id: str, body: Body) -> ApiKey:
        seconds = body["expires_in_seconds"]
        lifetime = timedelta(seconds=seconds) if seconds else None
        return operations.create_api_key(id, body["name"], lifetime, clock().now())


class OneApiKey(ApiView):
    """One of them."""

    @endpoint("auth:write", status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.revoke_api_key(id, clock().now())


class Grants(ApiView):
    """Roles. Who may grant is decided by the scope, so that a project's administrator may grant within it."""

    @endpoint("auth:read", response=schemas.GrantOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Grant]:
        subject = request.query_params.get("subject")
        return grants.page(page, account_id=subject) if subject else grants.page(page)

    @endpoint(None, request=schemas.GrantCreate, response=schemas.GrantOut, status=201)
    def post(self, request: Request, body: Body) -> Grant:
        return grant_operations.grant_role(body["subject"], body["role"], body["scope"])


class GrantBatch(ApiView):
    """Several roles, all or none."""

    @endpoint(None, request=schemas.GrantBatch, response=schemas.GrantList, status=201)
    def post(self, request: Request, body: Body) -> dict[str, list[Grant]]:
        return {"items": grant_operations.grant_roles(body["grants"])}


class OneGrant(ApiView):
    """One of them."""

    @endpoint("auth:read", response=schemas.GrantOut)
    def get(self, request: Request, id: str) -> Grant:
        return grants.get(id)

    @endpoint(None, status=204)
    def delete(self, request: Request, id: str) -> None:
        grant_operations.take_back(id)


urlpatterns = [
    path("v1/tokens", Tokens.as_view()),
    path("v1/tokens/revoke", TokenRevocation.as_view()),
    path("v1/tokens/introspect", TokenIntrospection.as_view()),
    path("v1/jwks", KeySet.as_view()),
    path("v1/signing-keys/rotate", KeyRotation.as_view()),
    path("v1/me", WhoAmI.as_view()),
    path("v1/me/password", OwnPassword.as_view()),
    path("v1/totp/enrol", TotpEnrolment.as_view()),
    path("v1/totp/verify", TotpVerification.as_view()),
    path("v1/users", Users.as_view()),
    path("v1/users/<str:id>", OneUser.as_view()),
    path("v1/service-accounts", ServiceAccounts.as_view()),
    path("v1/service-accounts/<str:id>", OneServiceAccount.as_view()),
    path("v1/service-accounts/<str:id>/api-keys", ApiKeys.as_view()),
    path("v1/api-keys/<str:id>", OneApiKey.as_view()),
    path("v1/grants", Grants.as_view()),
    path("v1/grants/batch", GrantBatch.as_view()),
    path("v1/grants/<str:id>", OneGrant.as_view()),
]
