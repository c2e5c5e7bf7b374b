"""What the end points of network have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from services.network.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of this service."""

    ports: Ports


def filters(request: Request, declared: Sequence[OpenApiParameter]) -> dict[str, str]:
    """Those of the declared query parameters that are given."""
    names = [parameter.name for parameter in declared]
    return {name: request.query_params[name] for name in names if name in request.query_params}
