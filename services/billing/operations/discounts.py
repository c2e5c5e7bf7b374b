"""Discounts on tenants' invoices."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from services.billing import published
from services.billing.domain.discounts import Discount, Duration, Reduction, invoices_left
from services.billing.models import DiscountRow, Invoice
from services.billing.repository import accounts, discounts, invoices
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.utils.money import Money


def grant_discount(
    name: str, percent_off: Decimal | None, amount_off: Money | None, duration: Duration, months: int | None
) -> DiscountRow:
    """Give the tenant a discount on the next invoices that are made. Raises InvalidDiscount."""
    accounts.mine(lock=True)
    discount = Discount(new_id("disc"), name, percent_off, amount_off)
    row = discounts.add(
        DiscountRow(
            id=discount.id,
            tenant_id=current_tenant(),
            name=name,
            percent_off=percent_off,
            amount_off=amount_off.amount if amount_off else None,
            currency=amount_off.currency if amount_off else None,
            duration=duration,
            duration_in_months=months,
            invoices_left=invoices_left(duration, months),
        )
    )
    published.discount_created(row)
    return row


def withdraw_discount(id: str, expected: EntityTags | None) -> None:
    """Take a discount off the invoices to come; those that are made keep theirs. Raises VersionConflict."""
    accounts.mine(lock=True)
    row = discounts.get(id, lock=True)
    check_version(row, expected)
    published.discount_deleted(row)
    discounts.remove(row)


def applicable(currency: str) -> list[Discount]:
    """The discounts on an invoice that is made now, in the order in which they are granted."""
    return [
        Discount(
            row.id, row.name, row.percent_off, None if row.currency is None else Money(row.amount_off, row.currency)
        )
        for row in discounts.applicable(currency)
    ]


def use(invoice: Invoice, reductions: Iterable[Reduction]) -> None:
    """Note on the invoice what each discount took off, and that it was on one more.

    One that took nothing off, because nothing was left, isn't used up by that.
    """
    rows = {row.id: row for row in discounts.applicable(invoice.currency)}
    for reduction in reductions:
        if not reduction.amount.amount:
            continue
        discount, row = reduction.discount, rows[reduction.discount.id]
        invoices.add_discount(invoice, discount_id=discount.id, name=discount.name, amount=reduction.amount.amount)
        if row.invoices_left is not None:
            row.invoices_left -= 1
            discounts.save(row)
