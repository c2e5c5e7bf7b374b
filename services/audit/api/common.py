"""What the end points of audit share."""

from __future__ import annotations

from services.audit.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "audit:read", "audit:write"
NDJSON = "application/x-ndjson"
"""A JSON document a line."""


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports
