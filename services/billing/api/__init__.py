"""End points of billing: parse, call an operation, return."""

from __future__ import annotations

from django.urls import URLPattern

from services.billing.api import (
    accounts,
    budgets,
    credits,
    discounts,
    invoices,
    periods,
    prices,
    spend,
    subscriptions,
    usage,
)
from services.billing.ports import Ports


def routes(ports: Ports) -> list[URLPattern]:
    """All of the service's routes."""
    return [
        *accounts.routes(ports),
        *periods.routes(ports),
        *prices.routes(ports),
        *subscriptions.routes(ports),
        *usage.routes(ports),
        *discounts.routes(ports),
        *invoices.routes(ports),
        *credits.routes(ports),
        *spend.routes(ports),
        *budgets.routes(ports),
    ]
