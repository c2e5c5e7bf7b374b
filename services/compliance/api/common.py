"""What the end points of compliance share."""

from __future__ import annotations

from typing import Any

from services.compliance.ports import Ports
from shared.web.django_views import ApiView

READ, WRITE = "compliance:read", "compliance:write"
Body = dict[str, Any]


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports
