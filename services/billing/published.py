"""What billing tells: how tenants are billed, and what they owe."""

from __future__ import annotations

from typing import Any

from django.db import connection

from services.billing.models import Account, Credit, Invoice, PriceRow
from shared.events import publish


def account_changed(account: Account) -> None:
    """Tell how the tenant is billed from now on."""
    data = {"currency": account.currency, "anchor_day": account.anchor_day, "tax_rate": str(account.tax_rate)}
    _publish("billing.account.changed", account, {"id": account.id, **data})


def price_changed(row: PriceRow) -> None:
    """Tell that the tenant has a price of its own."""
    data = {"meter": row.meter, "currency": row.currency, "model": row.model}
    _publish("billing.price.changed", row, {"id": row.id, **data})


def credit_granted(credit: Credit) -> None:
    """Tell that the tenant has money with us."""
    data = {"amount": str(credit.amount), "currency": credit.currency, "reason": credit.reason}
    _publish("billing.credit.granted", credit, {"id": credit.id, **data})


def invoice_finalised(invoice: Invoice) -> None:
    """Tell what the tenant owes."""
    data = {
        "number": invoice.number,
        "period_start": invoice.period_start.isoformat(),
        "period_end": invoice.period_end.isoformat(),
        "total": str(invoice.total),
        "currency": invoice.currency,
    }
    _publish("billing.invoice.finalised", invoice, {"id": invoice.id, **data})


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data=data, sequence=row.version)
