"""What the end points share."""

from __future__ import annotations

from typing import Any

from services.tenants.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "tenants:read", "tenants:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of the tenants service."""

    ports: Ports
