"""End points of billing: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.billing.api import accounts, credits, invoices, prices, usage
from services.billing.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [
        *accounts.routes(ports),
        *prices.routes(ports),
        *usage.routes(ports),
        *invoices.routes(ports),
        *credits.routes(ports),
    ]
