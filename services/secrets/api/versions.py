"""Versions of a secret, without their values."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from rest_framework.request import Request

from services.secrets.api.common import READ, WRITE, Body, View
from services.secrets.domain.paths import secret_path
from services.secrets.models import Secret
from services.secrets.operations import versions as operations
from services.secrets.operations.access import ensure_path
from services.secrets.ports import Ports
from services.secrets.schemas import SecretOut, VersionNumbers, VersionsOut
from shared.web.django_views import endpoint, expected_version


class Versions(View):
    """All of them."""

    @endpoint(READ, response=VersionsOut)
    def get(self, request: Request, name: str) -> Body:
        return operations.version_list(self.ports, name)


class VersionChange(View):
    """Delete, bring back or destroy versions."""

    def may_have_again(self, request: HttpRequest, **kwargs: Any) -> None:
        """What the path policies say now. Raises PathForbidden."""
        ensure_path(secret_path(kwargs["name"]), "delete")

    @endpoint(WRITE, request=VersionNumbers, response=SecretOut)
    def post(self, request: Request, name: str, action: str, body: Body) -> Secret:
        return operations.change_versions(self.ports, name, action, body["versions"], expected_version(request))


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of versions."""
    all_versions = "v1/secrets/<path:name>/versions"
    change = VersionChange.as_view(ports=ports)
    return [
        path(all_versions, Versions.as_view(ports=ports)),
        *(path(f"{all_versions}/{action}", change, {"action": action}) for action in operations.CHANGES),
    ]
