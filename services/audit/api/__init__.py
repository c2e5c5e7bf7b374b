"""End points of audit: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.audit.api import checkpoints, legal_holds, records, retention, verifications
from services.audit.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [
        *checkpoints.routes(ports),
        *legal_holds.routes(ports),
        *records.routes(ports),
        *retention.routes(ports),
        *verifications.routes(ports),
    ]
