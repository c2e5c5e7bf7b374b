"""The invoice run: exactly one invoice for an account and a period, exact to the minor unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from services.billing import published
from services.billing.domain.invoices import Line, NoPrice, Totals, make_line, total_up
from services.billing.domain.periods import Period, last_finished
from services.billing.domain.subscriptions import fee_line
from services.billing.models import Account, Credit, Invoice
from services.billing.operations import discounts
from services.billing.operations.prices import price_of
from services.billing.operations.subscriptions import as_subscription
from services.billing.ports import Ports
from services.billing.repository import accounts, credits, invoices, prices, subscriptions, usage
from shared.errors import Conflict
from shared.utils.ids import new_id
from shared.utils.money import Money


class InvoiceExists(Conflict):
    """Some of the period is on an invoice already."""

    code = "invoice_exists"


def bill(ports: Ports, period: Period | None) -> Invoice:
    """Bill the period, without one the monthly period that ended last: its usage and plan fees, and what came late
    for earlier ones.

    Raises PeriodUnfinished before its end, InvoiceExists for a period any part of which has been billed, and NoPrice
    for usage of a meter without a price in the account's currency; then nothing at all has been written.
    """
    account = accounts.mine(lock=True)
    now = ports.clock.now()
    period = period or last_finished(now, account.anchor_day)
    earlier = invoices.overlapping(period.start, period.end)
    if earlier is not None:
        raise InvoiceExists(f"{earlier.number} covers a part of this period", invoice_id=earlier.id)
    period.ensure_over(now)
    invoice = invoices.add(
        Invoice(
            id=new_id("inv"),
            tenant_id=account.tenant_id,
            number=invoices.next_number(),
            period_start=period.start,
            period_end=period.end,
            currency=account.currency,
            tax_rate=account.tax_rate,
        )
    )
    quantities = usage.bill_before(period.end, invoice)
    lines = [*_usage_lines(quantities, account.currency), *_plan_lines(account, period)]
    _write_lines(invoice, lines)
    open_credits, open_discounts = credits.open(account.currency), discounts.applicable(account.currency)
    available = _available(open_credits, account)
    totals = total_up(lines, available, account.tax_rate, account.currency, open_discounts)
    _use_up(open_credits, totals.credits)
    discounts.use(invoice, totals.reductions)
    return _finalise(invoice, totals)


def _usage_lines(quantities: Mapping[str, Decimal], currency: str) -> list[Line]:
    own_prices = prices.all()
    return [make_line(price_of(meter, currency, own_prices), quantity) for meter, quantity in quantities.items()]


def _plan_lines(account: Account, period: Period) -> list[Line]:
    """The fees of all subscriptions up to the period's end, which are billed with that."""
    lines = []
    for row in subscriptions.unbilled_before(period.end, lock=True):
        if row.currency != account.currency:
            raise NoPrice(f"plan {row.plan} has no fee in {account.currency}", currency=account.currency)
        line = fee_line(as_subscription(row), period.end, account.anchor_day)
        if line is not None and line.ended_at is not None:
            row.billed_until = line.ended_at
            subscriptions.save(row)
            lines.append(line)
    return lines


def _write_lines(invoice: Invoice, lines: Iterable[Line]) -> None:
    for line in lines:
        invoices.add_line(
            invoice,
            meter=line.meter,
            quantity=line.quantity,
            amount=line.amount.amount,
            subscription_id=line.subscription_id,
            started_at=line.started_at,
            ended_at=line.ended_at,
            months="" if line.months is None else str(line.months),
        )


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
    invoice.subtotal, invoice.discounts = totals.subtotal.amount, totals.discounts.amount
    invoice.credits, invoice.tax, invoice.total = totals.credits.amount, totals.tax.amount, totals.total.amount
    invoice.state = "final"
    invoices.save(invoice)
    published.invoice_finalised(invoice)
    return invoices.get(invoice.id)
