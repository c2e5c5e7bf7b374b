"""What the end points of billing share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from services.billing.ports import Ports
from shared.errors import BadRequest
from shared.web.django_views import ApiView

READ, WRITE = "billing:read", "billing:write"
Body = dict[str, Any]


class View(ApiView):
    """A view that is handed the service's ports."""

    ports: Ports


def instant_of(text: str) -> datetime:
    """A time in UTC from a query parameter. Raises BadRequest for one without a zone, or outside the calendar."""
    try:
        moment = parse_datetime(text)
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest(f"{text!r} is not a time with a zone, such as 2026-01-01T00:00:00Z")
