"""Small steps of billing tests."""

from __future__ import annotations

import secrets
from typing import Any

from tests.support.identities import Tenant


def set_price(tenant: Tenant, meter: str, unit_amount: str, currency: str = "USD") -> None:
    """Give the tenant a flat price for a meter."""
    body = {"currency": currency, "unit_amount": unit_amount}
    tenant.operator.ok("PUT", f"/api/billing/v1/prices/{meter}", json=body)


def usage_body(meter: str, quantity: str, ended_at: str, **fields: Any) -> dict[str, Any]:
    """A usage record as a source sends it."""
    return {
        "source": "test-meter",
        "id": secrets.token_hex(8),
        "meter": meter,
        "quantity": quantity,
        "started_at": ended_at,
        "ended_at": ended_at,
        "resource_id": "r-1",
        **fields,
    }


def use(tenant: Tenant, meter: str, quantity: str, ended_at: str, **fields: Any) -> dict[str, Any]:
    """Count usage of the tenant."""
    counted: dict[str, Any] = tenant.operator.ok(
        "POST", "/api/billing/v1/usage", 201, json=usage_body(meter, quantity, ended_at, **fields)
    )
    return counted


def invoice(tenant: Tenant, period: dict[str, str]) -> dict[str, Any]:
    """Bill a period."""
    made: dict[str, Any] = tenant.operator.ok("POST", "/api/billing/v1/invoices", 201, json=period)
    return made


def subscribe(tenant: Tenant, fee: str, started_at: str, currency: str = "USD", plan: str = "team") -> dict[str, Any]:
    """Have the tenant pay for a plan from a time on."""
    body = {"plan": plan, "fee": fee, "currency": currency, "started_at": started_at}
    made: dict[str, Any] = tenant.operator.ok("POST", "/api/billing/v1/subscriptions", 201, json=body)
    return made


def amounts(made: dict[str, Any]) -> dict[str, str]:
    """An invoice's sums."""
    return {name: made[name] for name in ("subtotal", "discounts", "credits", "tax", "total")}
