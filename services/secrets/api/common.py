"""What the end points share."""

from __future__ import annotations

from typing import Any

from django.urls import register_converter
from rest_framework.response import Response

from services.secrets.ports import Ports
from shared.web.django_views import ApiView, SerializerType

READ, WRITE = "secrets:read", "secrets:write"
NO_STORE = {"Cache-Control": "no-store"}

Body = dict[str, Any]


class View(ApiView):
    """A view of the secrets service."""

    ports: Ports


class IdConverter:
    """Ids and names of keys in paths (`<id:…>`); other paths lead nowhere."""

    regex = "[A-Za-z0-9_-]{1,64}"

    def to_python(self, value: str) -> str:
        """The id that was found in a path."""
        return value

    def to_url(self, value: str) -> str:
        """The id as it stands in a path, where none of its characters needs an escape."""
        return value


register_converter(IdConverter, "id")


def unstored(serializer: SerializerType, value: Any) -> Response:
    """An answer with values, which no cache may keep."""
    return Response(serializer(value).data, headers=NO_STORE)
