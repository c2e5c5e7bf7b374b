"""The invoice run: exactly one invoice for an account and a period, exact to the minor unit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from services.billing import published
from services.billing.domain import usage as metering
from services.billing.domain.defaults import CURRENCY, LIST_PRICES
from services.billing.domain.invoices import Line, NoPrice, Totals, make_line, total_up
from services.billing.domain.periods import Period
from services.billing.domain.rating import Price, Tier, flat
from services.billing.models import Account, Credit, Invoice, PriceRow, UsageRow
from services.billing.repository import accounts, credits, invoices, prices, usage
from shared.errors import Conflict
from shared.utils.ids import new_id
from shared.utils.money import Money


class InvoiceExists(Conflict):
    """Some of the period is on an invoice already."""

    code = "invoice_exists"


def bill(period: Period) -> Invoice:
    """Bill the period: its usage, and what came late for earlier ones.

    Raises InvoiceExists for a period any part of which has been billed, and NoPrice for usage of a meter without a
    price; then nothing at all has been written.
    """
    account = accounts.mine(lock=True)
    earlier = invoices.overlapping(period.start, period.end)
    if earlier is not None:
        raise InvoiceExists(f"{earlier.number} covers a part of this period", invoice_id=earlier.id)
    invoice = invoices.add(
        Invoice(
            id=new_id("inv"),
            tenant_id=account.tenant_id,
            number=invoices.next_number(),
            period_start=period.start,
            period_end=period.end,
            currency=account.currency,
        )
    )
    rows = list(usage.unbilled_before(period.end))
    lines = _write_lines(invoice, rows, prices.all())
    open_credits = credits.open(account.currency)
    totals = total_up(lines, _available(open_credits, account), account.tax_rate, account.currency)
    _use_up(open_credits, totals.credits)
    usage.bill(rows, invoice)
    return _finalise(invoice, totals)


def _write_lines(invoice: Invoice, rows: Iterable[UsageRow], own_prices: dict[str, PriceRow]) -> list[Line]:
    lines = []
    for meter, quantity in metering.sum_by_meter(_usage(row) for row in rows).items():
        line = make_line(_price_of(meter, invoice.currency, own_prices), quantity)
        invoices.add_line(invoice, meter=meter, quantity=quantity, amount=line.amount.amount)
        lines.append(line)
    return lines


def _usage(row: UsageRow) -> metering.Usage:
    return metering.Usage(row.source, row.source_id, row.meter, row.quantity, row.started_at, row.ended_at)


def _price_of(meter: str, currency: str, own_prices: dict[str, PriceRow]) -> Price:
    """The tenant's own price, else the list price. Raises NoPrice when there is none in the account's currency."""
    row = own_prices.get(meter)
    if row is not None and row.currency == currency:
        tiers = tuple(Tier(_decimal(tier["up_to"]), Decimal(tier["unit_amount"])) for tier in row.tiers)
        return Price(meter, row.currency, row.model, tiers)
    if currency == CURRENCY and meter in LIST_PRICES:
        return flat(meter, currency, LIST_PRICES[meter])
    raise NoPrice(f"{meter} has no price in {currency}", meter=meter, currency=currency)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _available(open_credits: Iterable[Credit], account: Account) -> Money:
    return Money.total((Money(credit.remaining, credit.currency) for credit in open_credits), account.currency)


def _use_up(open_credits: Iterable[Credit], amount: Money) -> None:
    """Take the amount from the credits, oldest first."""
    left = amount.amount
    for credit in open_credits:
        taken = min(left, credit.remaining)
        if taken > 0:
            credit.remaining -= taken
            credits.save(credit)
            left -= taken


def _finalise(invoice: Invoice, totals: Totals) -> Invoice:
    invoice.subtotal, invoice.credits = totals.subtotal.amount, totals.credits.amount
    invoice.tax, invoice.total = totals.tax.amount, totals.total.amount
    invoice.state = "final"
    invoices.save(invoice)
    published.invoice_finalised(invoice)
    return invoices.get(invoice.id)
