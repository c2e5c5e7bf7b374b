"""What the end points of billing share."""

from __future__ import annotations

from typing import Any

from services.billing.ports import Ports
from shared.web.django_views import ApiView

READ = "billing:read"
Body = dict[str, Any]


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports
