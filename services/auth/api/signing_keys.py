"""The keys that access tokens are signed with."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response

from services.auth.api.common import Body, View
from services.auth.operations import signing_keys as operations
from services.auth.ports import Ports
from services.auth.schemas import KeySet
from shared.web.django_views import endpoint
from shared.web.permissions import PLATFORM

KEY_SET_MAX_AGE_SECONDS = 60
"""How long the key set may be kept; a verifier that meets an unknown key id reads it again at once."""


class PublicKeys(View):
    """The public keys of access tokens, for everybody."""

    @endpoint(None, response=KeySet)
    def get(self, request: Request) -> Response:
        headers = {"Cache-Control": f"public, max-age={KEY_SET_MAX_AGE_SECONDS}"}
        return Response(operations.key_set(self.ports), headers=headers)


class KeyRotation(View):
    """The next signing key."""

    @endpoint(PLATFORM, response=KeySet, status=201)
    def post(self, request: Request) -> Body:
        return operations.rotate(self.ports)


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of signing keys."""
    return [
        path("v1/jwks", PublicKeys.as_view(ports=ports)),
        path("v1/signing-keys/rotate", KeyRotation.as_view(ports=ports)),
    ]
