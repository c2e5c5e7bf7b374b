"""What the end points of config share."""

from __future__ import annotations

from typing import Any

from django.urls import register_converter
from rest_framework.request import Request

from services.config.domain.documents import NAME
from services.config.ports import Ports
from shared.errors import BadRequest
from shared.web.django_views import ApiView

READ, WRITE = "config:read", "config:write"
Body = dict[str, Any]


class MissingParameter(BadRequest):
    """A query parameter that is needed."""

    code = "missing_parameter"


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports


class NameConverter:
    """Names in paths (`<name:…>`): lower-case letters, digits, `-`, `_` and `.`; other paths lead nowhere."""

    regex = NAME.pattern

    def to_python(self, value: str) -> str:
        """The name that was found in a path."""
        return value

    def to_url(self, value: str) -> str:
        """The name as it stands in a path, where none of its characters needs an escape."""
        return value


register_converter(NameConverter, "name")


def query_parameter(request: Request, name: str) -> str:
    """A query parameter. Raises MissingParameter when it isn't there or is empty."""
    value: str = request.query_params.get(name, "")
    if not value:
        raise MissingParameter(f"the query parameter {name} is needed")
    return value
