"""Encryption keys."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response

from services.secrets.api.common import READ, WRITE, Body, View, unstored
from services.secrets.models import EncryptionKey
from services.secrets.operations import keys as operations
from services.secrets.ports import Ports
from services.secrets.repository import keys
from services.secrets.schemas import Ciphertext, KeyCreate, KeyOut, Plaintext
from shared.utils.pagination import Page, PageRequest
from shared.web.django_views import endpoint, expected_version
from shared.web.idempotency import IdempotencyNotSupported


class Keys(View):
    """All keys. A tenant has at most 200."""

    @endpoint(READ, response=KeyOut, page=True)
    def get(self, request: Request, page: PageRequest) -> Page[EncryptionKey]:
        return keys.page(page)

    @endpoint(WRITE, request=KeyCreate, response=KeyOut, status=201)
    def post(self, request: Request, body: Body) -> EncryptionKey:
        return operations.create_key(self.ports, body["name"])


class KeyRotation(View):
    """A new version of a key."""

    @endpoint(WRITE, response=KeyOut)
    def post(self, request: Request, name: str) -> EncryptionKey:
        return operations.rotate_key(self.ports, name, expected_version(request))


class Encryption(View):
    """Encrypt under a key."""

    @endpoint(WRITE, request=Plaintext, response=Ciphertext)
    def post(self, request: Request, name: str, body: Body) -> Body:
        return {"ciphertext": operations.encrypt(self.ports, name, body["plaintext"])}


class Decryption(View):
    """Decrypt what was encrypted under a key."""

    keyed = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "Idempotency-Key" in request.headers:
            return self._problem(request, IdempotencyNotSupported("this answer is kept nowhere: leave the key out"))
        return super().dispatch(request, *args, **kwargs)

    @endpoint(READ, request=Ciphertext, response=Plaintext)
    def post(self, request: Request, name: str, body: Body) -> Response:
        return unstored(Plaintext, {"plaintext": operations.decrypt(self.ports, name, body["ciphertext"])})


class Rewrapping(View):
    """Bring a ciphertext to the newest key version."""

    @endpoint(WRITE, request=Ciphertext, response=Ciphertext)
    def post(self, request: Request, name: str, body: Body) -> Body:
        return {"ciphertext": operations.rewrap(self.ports, name, body["ciphertext"])}


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of keys."""
    return [
        path("v1/keys", Keys.as_view(ports=ports)),
        path("v1/keys/<str:name>/rotate", KeyRotation.as_view(ports=ports)),
        path("v1/keys/<str:name>/encrypt", Encryption.as_view(ports=ports)),
        path("v1/keys/<str:name>/decrypt", Decryption.as_view(ports=ports)),
        path("v1/keys/<str:name>/rewrap", Rewrapping.as_view(ports=ports)),
    ]
