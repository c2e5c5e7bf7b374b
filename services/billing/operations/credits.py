"""Money that tenants have with us: granted, or given back on an invoice."""

from __future__ import annotations

from decimal import Decimal

from services.billing import published
from services.billing.models import Credit, Invoice
from services.billing.repository import accounts, credits, invoices
from shared.errors import ValidationFailed
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.money import Money


class InvalidCredit(ValidationFailed):
    """A credit of nothing, or in another currency than the account's."""

    code = "invalid_credit"


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
    published.credit_granted(credit)
    return credit


def issue_credit_note(invoice_id: str, amount: Money, reason: str) -> Credit:
    """Correct a final invoice, which never changes itself: its amount becomes credit. Raises InvalidCredit above it."""
    invoice = invoices.get(invoice_id, lock=True)
    noted = sum((note.amount for note in invoice.credit_notes.all()), Decimal(0))
    if noted + amount.amount > invoice.total:
        raise InvalidCredit(f"credit notes of an invoice can't exceed its total of {invoice.total}")
    return grant_credit(amount, reason, invoice)
