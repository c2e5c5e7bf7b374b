"""End points of the tenants service: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.tenants.api import plans, projects, quotas, reservations, tenants
from services.tenants.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All routes of the service."""
    return [route for part in (tenants, plans, projects, quotas, reservations) for route in part.routes(ports)]
