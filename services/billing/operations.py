"""Use cases of the billing service: one transaction each, events inside it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from services.billing import events
from services.billing.domain import usage as metering
from services.billing.domain.rating import Price, Tier
from services.billing.models import Account, Credit, Invoice, PriceRow, UsageRow
from services.billing.repository import accounts, credits, invoices, prices, usage
from shared.errors import ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.money import Money


class InvalidCredit(ValidationFailed):
    """A credit of nothing, or in another currency than the account's."""

    code = "invalid_credit"


def change_account(changes: dict[str, Any], expected: int | None) -> Account:
    """Set currency, anchor day or tax rate of the tenant's account."""
    account = accounts.mine(lock=True)
    check_version(account, expected)
    for name, value in changes.items():
        setattr(account, name, value)
    events.account_changed(accounts.save(account))
    return account


def set_price(meter: str, currency: str, model: Any, tiers: list[dict[str, Any]], expected: int | None) -> PriceRow:
    """Give the tenant a price of its own for a meter. Raises InvalidPrice for tiers that make no sense."""
    price = Price(meter, currency, model, tuple(Tier(tier["up_to"], tier["unit_amount"]) for tier in tiers))
    stored = [{"up_to": _text(tier.up_to), "unit_amount": str(tier.unit_amount)} for tier in price.tiers]
    row = prices.of_meter(meter, lock=True)
    if row is None:
        values = {"meter": meter, "currency": currency, "model": model, "tiers": stored}
        row = prices.add(PriceRow(id=new_id("price"), tenant_id=current_tenant(), **values))
    else:
        check_version(row, expected)
        row.currency, row.model, row.tiers = currency, model, stored
        prices.save(row)
    events.price_changed(row)
    return row


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def record_usage(item: metering.Usage, resource_id: str, now: datetime, *, refuse: bool) -> UsageRow:
    """Count usage once by its source and id.

    Usage that can't be counted raises UsageRefused when `refuse` is set (a caller is told); else it is kept with the
    reason (an event has no caller), and never billed.
    """
    reason = ""
    try:
        metering.ensure_acceptable(item, now)
    except metering.UsageRefused as error:
        if refuse:
            raise
        reason = error.detail
    return usage.add_once(
        UsageRow(
            id=new_id("usage"),
            tenant_id=current_tenant(),
            source=item.source,
            source_id=item.id,
            resource_id=resource_id,
            meter=item.meter,
            quantity=item.quantity,
            started_at=item.started_at,
            ended_at=item.ended_at,
            refused_because=reason,
        )
    )


def grant_credit(amount: Money, reason: str, invoice: Invoice | None = None) -> Credit:
    """Give the tenant money to use on its next invoices. Raises InvalidCredit."""
    account = accounts.mine(lock=True)
    if amount.currency != account.currency or amount.amount <= 0:
        raise InvalidCredit(f"a credit is a positive amount in {account.currency}")
    credit = credits.add(
        Credit(
            id=new_id("credit"),
            tenant_id=current_tenant(),
            amount=amount.amount,
            remaining=amount.amount,
            currency=amount.currency,
            reason=reason,
            invoice=invoice,
        )
    )
    events.credit_granted(credit)
    return credit


def issue_credit_note(invoice_id: str, amount: Money, reason: str) -> Credit:
    """Correct a final invoice, which never changes itself: its amount becomes credit. Raises InvalidCredit above it."""
    invoice = invoices.get(invoice_id, lock=True)
    noted = sum((note.amount for note in invoice.credit_notes.all()), Decimal(0))
    if noted + amount.amount > invoice.total:
        raise InvalidCredit(f"credit notes of an invoice can't exceed its total of {invoice.total}")
    return grant_credit(amount, reason, invoice)
