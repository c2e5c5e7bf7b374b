"""What the end points of network have in common."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from services.network.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of this service."""

    ports: Ports


def filters(request: Request, *names: str) -> dict[str, str]:
    """Those of the query parameters that are given."""
    return {name: request.query_params[name] for name in names if name in request.query_params}
