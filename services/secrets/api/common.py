"""What the end points share."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from services.secrets.ports import Ports
from shared.web.django_views import ApiView, SerializerType

READ, WRITE = "secrets:read", "secrets:write"
NO_STORE = {"Cache-Control": "no-store"}

Body = dict[str, Any]


class View(ApiView):
    """A view of the secrets service."""

    ports: Ports


def unstored(serializer: SerializerType, value: Any) -> Response:
    """An answer with values, which no cache may keep."""
    return Response(serializer(value).data, headers=NO_STORE)
