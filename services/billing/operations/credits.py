"""Money that tenants have with us: granted, or given back on an invoice."""

from __future__ import annotations

from services.billing import published
from services.billing.models import Credit, Invoice
from services.billing.repository import accounts, credits, invoices
from shared.errors import ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.utils.money import Money


class InvalidCredit(ValidationFailed):
    """A credit of nothing, of parts of a minor unit, in another currency, or above what it gives back."""

    code = "invalid_credit"


def grant_credit(amount: Money, reason: str) -> Credit:
    """Give the tenant money to use on its next invoices. Raises InvalidCredit."""
    account = accounts.mine(lock=True)
    _ensure_credit(amount, account.currency)
    return _grant(amount, reason)


def issue_credit_note(invoice_id: str, amount: Money, reason: str, expected: EntityTags | None) -> Credit:
    """Correct a final invoice, which never changes itself: its amount becomes credit in the invoice's currency.

    Raises InvalidCredit for another currency, whatever the account's is by now, and above the invoice's total;
    VersionConflict.
    """
    accounts.mine(lock=True)
    invoice = invoices.get(invoice_id, lock=True)
    check_version(invoice, expected)
    _ensure_credit(amount, invoice.currency)
    noted = Money.total((Money(note.amount, note.currency) for note in invoice.credit_notes.all()), invoice.currency)
    if noted + amount > Money(invoice.total, invoice.currency):
        raise InvalidCredit(f"credit notes of an invoice can't exceed its total of {invoice.total}")
    return _grant(amount, reason, invoice)


def _ensure_credit(amount: Money, currency: str) -> None:
    if amount.currency != currency or amount.amount <= 0 or not amount.is_whole():
        raise InvalidCredit(f"a credit is more than nothing, in whole minor units of {currency}")


def _grant(amount: Money, reason: str, invoice: Invoice | None = None) -> Credit:
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
