"""What the end points of dns have in common."""

from __future__ import annotations

from typing import Any

from services.dns.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "dns:read", "dns:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of this service."""

    ports: Ports
