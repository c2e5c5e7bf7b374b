"""End points of audit: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.audit.api import checkpoints, records, verifications
from services.audit.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [*checkpoints.routes(ports), *records.routes(ports), *verifications.routes(ports)]
