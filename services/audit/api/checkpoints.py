"""Checkpoints of the tenant's chain, and the key by which they are verified."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.urls import URLPattern, path
from rest_framework.request import Request

from services.audit.api.common import NDJSON, READ, View, one_a_line
from services.audit.ports import Ports
from services.audit.schemas import CheckpointKeyOut
from shared.kernel.context import current_tenant
from shared.web.django_views import endpoint


class Checkpoints(View):
    """All checkpoints as newline-delimited JSON, from the first, ready to be verified elsewhere."""

    @endpoint(READ, media_type=NDJSON)
    def get(self, request: Request) -> StreamingHttpResponse:
        return one_a_line(iter(self.ports.checkpoints.documents(current_tenant())))


class CheckpointKey(View):
    """The public key of the checkpoints' signatures (Ed25519, RFC 8032)."""

    @endpoint(READ, response=CheckpointKeyOut)
    def get(self, request: Request) -> dict[str, str]:
        return {"algorithm": "Ed25519", "public_key": self.ports.checkpoints.public_key.public_bytes_raw().hex()}


def routes(ports: Ports) -> list[URLPattern]:
    """The routes of checkpoints."""
    return [
        path("v1/checkpoints", Checkpoints.as_view(ports=ports)),
        path("v1/checkpoint-key", CheckpointKey.as_view(ports=ports)),
    ]
