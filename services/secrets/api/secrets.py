"""Secrets of the tenant."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from services.secrets.api.common import READ, WRITE, Body, View, unstored
from services.secrets.domain.paths import secret_path
from services.secrets.models import Secret
from services.secrets.operations import secrets as operations
from services.secrets.operations.access import ensure_path
from services.secrets.ports import Ports
from services.secrets.schemas import Rotation, SecretOut, SecretValueOut, SecretWrite
from shared.errors import BadRequest
from shared.utils.pagination import Page, PageRequest
from shared.utils.whole_numbers import parse_whole_number
from shared.web.django_views import endpoint, expected_version

VERSION = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


class InvalidVersion(BadRequest):
    """Not the number of a version."""

    code = "invalid_version"


class Secrets(View):
    """What is known of the tenant's secrets."""

    @endpoint(READ, response=SecretOut, page=True, query=[OpenApiParameter("prefix", str)])
    def get(self, request: Request, page: PageRequest) -> Page[Secret]:
        return operations.list_secrets(request.query_params.get("prefix", ""), page)


class OneSecret(View):
    """One secret."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """What the path policies say now. Raises PathForbidden."""
        ensure_path(secret_path(kwargs["name"]), "delete" if request.method == "DELETE" else "write")

    @endpoint(READ, response=SecretValueOut, query=[OpenApiParameter("version", VERSION)])
    def get(self, request: Request, name: str) -> Response:
        found = operations.read_secret(self.ports, name, _version(request.query_params.get("version")))
        value = {
            "path": secret_path(name),
            "version": found.version,
            "created_at": found.created_at,
            "data": found.data,
        }
        return unstored(SecretValueOut, value)

    @endpoint(WRITE, request=SecretWrite, response=SecretOut)
    def put(self, request: Request, name: str, body: Body) -> Secret:
        return operations.write_secret(self.ports, name, body["data"], body["cas"], expected_version(request))

    @endpoint(WRITE, status=204)
    def delete(self, request: Request, name: str) -> None:
        operations.delete_secret(self.ports, name, expected_version(request))


class SecretRotation(View):
    """Rotate a secret."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """What the path policies say now. Raises PathForbidden."""
        ensure_path(secret_path(kwargs["name"]), "write")

    @endpoint(WRITE, request=Rotation, response=SecretOut)
    def post(self, request: Request, name: str, body: Body) -> Secret:
        field, length, overlap = (body[each] for each in ("field", "length", "overlap_seconds"))
        return operations.rotate_secret(self.ports, name, field, length, overlap, expected_version(request))


def _version(text: str | None) -> int | None:
    """The version asked for. Raises InvalidVersion."""
    if text is None:
        return None
    try:
        number = parse_whole_number(text)
    except ValueError as error:
        raise InvalidVersion("version is a positive whole number") from error
    if not 0 < number < 2**31:
        raise InvalidVersion("version is a positive whole number")
    return number


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of secrets."""
    return [
        path("v1/secrets", Secrets.as_view(ports=ports)),
        path("v1/secrets/<path:name>/rotate", SecretRotation.as_view(ports=ports)),
        path("v1/secrets/<path:name>", OneSecret.as_view(ports=ports)),
    ]
