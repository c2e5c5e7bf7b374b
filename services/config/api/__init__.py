"""End points of config: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.config.api import effective, environments, flags, layers, revisions
from services.config.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [
        *layers.routes(ports),
        *environments.routes(ports),
        *revisions.routes(ports),
        *effective.routes(ports),
        *flags.routes(ports),
    ]
