"""End points of the secrets service: parse, call an operation, return.

Answers to GET may hold values and are never stored. Answers to mutating requests, which the idempotency layer saves,
hold none; the one exception, decryption, changes nothing and takes no Idempotency-Key.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from services.secrets import key_operations, lease_operations, operations
from services.secrets.domain.paths import secret_path
from services.secrets.models import EncryptionKey, Lease, LeaseToken, Policy, Secret
from services.secrets.repository import keys, leases, policies, secrets, tokens
from services.secrets.schemas import (
    Ciphertext,
    CredentialsOut,
    KeyCreate,
    KeyOut,
    LeaseCreate,
    LeaseOut,
    Plaintext,
    PolicyCreate,
    PolicyOut,
    Renewal,
    Rotation,
    SecretOut,
    SecretValueOut,
    SecretWrite,
    TokenCreate,
    TokenOut,
    VersionNumbers,
    VersionsOut,
)
from shared.errors import BadRequest
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import ApiView, SerializerType, endpoint
from shared.web.idempotency import IdempotencyNotSupported

Body = dict[str, Any]
READ, WRITE = "secrets:read", "secrets:write"
NO_STORE = {"Cache-Control": "no-store"}


class InvalidVersion(BadRequest):
    """Not the number of a version."""

    code = "invalid_version"


def unstored(serializer: SerializerType, value: Any) -> Response:
    """An answer with values, which no cache may keep."""
    return Response(serializer(value).data, headers=NO_STORE)


class Secrets(ApiView):
    """What is known of the tenant's secrets."""

    @endpoint(READ, response=SecretOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Secret]:
        prefix = request.query_params.get("prefix", "")
        return secrets.page(page, path__startswith=prefix) if prefix else secrets.page(page)


class OneSecret(ApiView):
    """One secret."""

    @endpoint(READ, response=SecretValueOut)
    def get(self, request: Request, name: str) -> Response:
        found = operations.read_secret(name, _version(request.query_params.get("version")))
        value = {
            "path": secret_path(name),
            "version": found.version,
            "created_at": found.created_at,
            "data": found.data,
        }
        return unstored(SecretValueOut, value)

    @endpoint(WRITE, request=SecretWrite, response=SecretOut)
    def put(self, request: Request, name: str, body: Body) -> Secret:
        return operations.write_secret(name, body["data"], body["cas"])

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, name: str) -> None:
        operations.delete_secret(name)


class Versions(ApiView):
    """The versions of a secret, without their values."""

    @endpoint(READ, response=VersionsOut)
    def get(self, request: Request, name: str) -> Body:
        return operations.version_list(name)


class VersionChange(ApiView):
    """Delete, bring back or destroy versions."""

    @endpoint(WRITE, request=VersionNumbers, response=SecretOut)
    def post(self, request: Request, name: str, action: str, body: Body) -> Secret:
        return operations.change_versions(name, action, body["versions"])


class SecretRotation(ApiView):
    """Rotate a secret."""

    @endpoint(WRITE, request=Rotation, response=SecretOut)
    def post(self, request: Request, name: str, body: Body) -> Secret:
        return operations.rotate_secret(name, body["field"], body["length"], body["overlap_seconds"])


class Keys(ApiView):
    """Encryption keys."""

    @endpoint(READ, response=KeyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[EncryptionKey]:
        return keys.page(page)

    @endpoint(WRITE, request=KeyCreate, response=KeyOut, status=201)
    def post(self, request: Request, body: Body) -> EncryptionKey:
        return key_operations.create_key(body["name"])


class KeyRotation(ApiView):
    """A new version of a key."""

    @endpoint(WRITE, response=KeyOut)
    def post(self, request: Request, name: str) -> EncryptionKey:
        return key_operations.rotate_key(name)


class Encryption(ApiView):
    """Encrypt under a key."""

    @endpoint(WRITE, request=Plaintext, response=Ciphertext)
    def post(self, request: Request, name: str, body: Body) -> Body:
        return {"ciphertext": key_operations.encrypt(name, body["plaintext"])}


class Decryption(ApiView):
    """Decrypt what was encrypted under a key."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "Idempotency-Key" in request.headers:
            return self._problem(request, IdempotencyNotSupported("this answer is kept nowhere: leave the key out"))
        return super().dispatch(request, *args, **kwargs)

    @endpoint(READ, request=Ciphertext, response=Plaintext)
    def post(self, request: Request, name: str, body: Body) -> Response:
        return unstored(Plaintext, {"plaintext": key_operations.decrypt(name, body["ciphertext"])})


class Rewrapping(ApiView):
    """Bring a ciphertext to the newest key version."""

    @endpoint(WRITE, request=Ciphertext, response=Ciphertext)
    def post(self, request: Request, name: str, body: Body) -> Body:
        return {"ciphertext": key_operations.rewrap(name, body["ciphertext"])}


class Policies(ApiView):
    """Path policies; the tenant's administrators set them."""

    @endpoint(READ, response=PolicyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Policy]:
        return policies.page(page)

    @endpoint("auth:write", request=PolicyCreate, response=PolicyOut, status=201)
    def post(self, request: Request, body: Body) -> Policy:
        return operations.create_policy(body["pattern"], body["subjects"], body["capabilities"])


class OnePolicy(ApiView):
    """One path policy."""

    @endpoint("auth:write", status=204)
    def delete(self, request: Request, id: str) -> None:
        operations.delete_policy(id)


class LeaseTokens(ApiView):
    """Tokens that leases are made under."""

    @endpoint(READ, response=TokenOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[LeaseToken]:
        return tokens.page(page)

    @endpoint(WRITE, request=TokenCreate, response=TokenOut, status=201)
    def post(self, request: Request, body: Body) -> LeaseToken:
        return lease_operations.create_token(body["name"], body["parent_id"])


class TokenRevocation(ApiView):
    """Revoke a token with everything below it."""

    @endpoint(WRITE, response=TokenOut)
    def post(self, request: Request, id: str) -> LeaseToken:
        return lease_operations.revoke_token(id)


class Leases(ApiView):
    """Leases of the tenant."""

    @endpoint(READ, response=LeaseOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[Lease]:
        return leases.page(page)

    @endpoint(WRITE, request=LeaseCreate, response=LeaseOut, status=201)
    def post(self, request: Request, body: Body) -> Lease:
        return lease_operations.issue(body["token_id"], body["engine"], body["ttl_seconds"], body["max_ttl_seconds"])


class OneLease(ApiView):
    """One lease."""

    @endpoint(READ, response=LeaseOut)
    def get(self, request: Request, id: str) -> Lease:
        return leases.get(id)


class LeaseCredentials(ApiView):
    """What a lease stands for."""

    @endpoint(READ, response=CredentialsOut)
    def get(self, request: Request, id: str) -> Response:
        return unstored(CredentialsOut, lease_operations.credentials(id))


class LeaseRenewal(ApiView):
    """Ask for more time."""

    @endpoint(WRITE, request=Renewal, response=LeaseOut)
    def post(self, request: Request, id: str, body: Body) -> Lease:
        return lease_operations.renew(id, body["increment_seconds"])


class LeaseRevocation(ApiView):
    """End a lease."""

    @endpoint(WRITE, response=LeaseOut)
    def post(self, request: Request, id: str) -> Lease:
        return lease_operations.revoke(id)


def _version(text: str | None) -> int | None:
    """The version asked for. Raises InvalidVersion."""
    if text is None:
        return None
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise InvalidVersion("version is a positive whole number")
    return int(text)


urlpatterns = [
    path("v1/secrets", Secrets.as_view()),
    path("v1/secrets/<path:name>/versions", Versions.as_view()),
    *(
        path(f"v1/secrets/<path:name>/versions/{action}", VersionChange.as_view(), {"action": action})
        for action in operations.VERSION_ACTIONS
    ),
    path("v1/secrets/<path:name>/rotate", SecretRotation.as_view()),
    path("v1/secrets/<path:name>", OneSecret.as_view()),
    path("v1/keys", Keys.as_view()),
    path("v1/keys/<str:name>/rotate", KeyRotation.as_view()),
    path("v1/keys/<str:name>/encrypt", Encryption.as_view()),
    path("v1/keys/<str:name>/decrypt", Decryption.as_view()),
    path("v1/keys/<str:name>/rewrap", Rewrapping.as_view()),
    path("v1/path-policies", Policies.as_view()),
    path("v1/path-policies/<str:id>", OnePolicy.as_view()),
    path("v1/lease-tokens", LeaseTokens.as_view()),
    path("v1/lease-tokens/<str:id>/revoke", TokenRevocation.as_view()),
    path("v1/leases", Leases.as_view()),
    path("v1/leases/<str:id>", OneLease.as_view()),
    path("v1/leases/<str:id>/credentials", LeaseCredentials.as_view()),
    path("v1/leases/<str:id>/renew", LeaseRenewal.as_view()),
    path("v1/leases/<str:id>/revoke", LeaseRevocation.as_view()),
]
