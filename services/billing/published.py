"""What billing tells: how tenants are billed, and what they owe."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection

from services.billing.models import (
    Account,
    BudgetAlert,
    BudgetRow,
    Credit,
    DiscountRow,
    Invoice,
    PriceRow,
    SubscriptionRow,
)
from shared.events import publish
from shared.utils.money import Money


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
    data = {"amount": _money(credit.amount, credit.currency), "currency": credit.currency, "reason": credit.reason}
    _publish("billing.credit.granted", credit, {"id": credit.id, **data})


def invoice_finalised(invoice: Invoice) -> None:
    """Tell what the tenant owes."""
    data = {
        "number": invoice.number,
        "period_start": invoice.period_start.isoformat(),
        "period_end": invoice.period_end.isoformat(),
        "subtotal": _money(invoice.subtotal, invoice.currency),
        "discounts": _money(invoice.discounts, invoice.currency),
        "credits": _money(invoice.credits, invoice.currency),
        "tax": _money(invoice.tax, invoice.currency),
        "total": _money(invoice.total, invoice.currency),
        "currency": invoice.currency,
    }
    _publish("billing.invoice.finalised", invoice, {"id": invoice.id, **data})


def subscription_created(row: SubscriptionRow) -> None:
    """Tell that the tenant pays for a plan."""
    _publish("billing.subscription.created", row, _subscription(row))


def subscription_ended(row: SubscriptionRow, changes: int = 0) -> None:
    """Tell until when the tenant pays for a plan; where it ends as it begins, that it never did."""
    _publish("billing.subscription.ended", row, _subscription(row), changes)


def discount_created(row: DiscountRow) -> None:
    """Tell that the tenant's next invoices are reduced."""
    _publish("billing.discount.created", row, _discount(row))


def discount_deleted(row: DiscountRow) -> None:
    """Tell that they aren't any more."""
    _publish("billing.discount.deleted", row, _discount(row), changes=1)


def budget_created(row: BudgetRow) -> None:
    """Tell what the tenant means to spend."""
    _publish("billing.budget.created", row, _budget(row))


def budget_changed(row: BudgetRow) -> None:
    """Tell what the tenant means to spend from now on."""
    _publish("billing.budget.changed", row, _budget(row))


def budget_deleted(row: BudgetRow) -> None:
    """Tell that nobody watches it any more."""
    _publish("billing.budget.deleted", row, _budget(row), changes=1)


def budget_threshold_reached(alert: BudgetAlert) -> None:
    """Tell that the spending of a period has reached a share of its budget."""
    data = {
        "budget_id": alert.budget_id,
        "threshold": alert.threshold,
        "budgeted": _money(alert.budgeted, alert.currency),
        "spent": _money(alert.spent, alert.currency),
        "currency": alert.currency,
        "period_start": alert.period_start.isoformat(),
        "period_end": alert.period_end.isoformat(),
    }
    _publish("billing.budget.threshold_reached", alert, {"id": alert.id, **data})


def _money(amount: Decimal, currency: str) -> str:
    """An amount with exactly the digits of its currency, as the API shows it."""
    return str(Money(amount, currency).rounded().amount)


def _subscription(row: SubscriptionRow) -> dict[str, Any]:
    ended_at = row.ended_at.isoformat() if row.ended_at else None
    data = {
        "plan": row.plan,
        "fee": _money(row.fee, row.currency),
        "currency": row.currency,
        "started_at": row.started_at.isoformat(),
    }
    return {"id": row.id, **data, "ended_at": ended_at}


def _discount(row: DiscountRow) -> dict[str, Any]:
    percent = None if row.percent_off is None else str(row.percent_off)
    amount = None if row.currency is None else _money(row.amount_off, row.currency)
    data = {"percent_off": percent, "amount_off": amount, "currency": row.currency, "duration": row.duration}
    return {"id": row.id, "name": row.name, **data}


def _budget(row: BudgetRow) -> dict[str, Any]:
    data = {"amount": _money(row.amount, row.currency), "currency": row.currency, "thresholds": row.thresholds}
    return {"id": row.id, "name": row.name, **data}


def _publish(kind: str, row: Any, data: dict[str, Any], changes: int = 0) -> None:
    """`changes` is how many the row has had that its version doesn't show: its deletion is one."""
    publish(connection, kind, subject=row.id, data=data, sequence=row.version + changes)
