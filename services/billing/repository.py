"""Every query of the billing service."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum

from services.billing.models import (
    Account,
    BudgetAlert,
    BudgetRow,
    ClosedTenant,
    Credit,
    DiscountRow,
    Invoice,
    InvoiceDiscount,
    InvoiceLine,
    PriceRow,
    SubscriptionRow,
    UnbilledUsage,
    UsageRow,
)
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id
from shared.utils.pagination import Page, PageRequest


def before(end: datetime) -> Q:
    """Usage of before an instant: all of it, `[started_at, ended_at)` being half-open.

    What ends at midnight is of the day before; what has no length and lies at midnight is of the day that begins. A
    piece that reaches over the instant is not before it: it is billed where it ends.
    """
    return Q(ended_at__lte=end, started_at__lt=end)


def since(start: datetime) -> Q:
    """Usage of which not all lies before an instant: the opposite of `before`."""
    return Q(ended_at__gt=start) | Q(started_at__gte=start)


_BILL_BEFORE = """
WITH due AS (
    DELETE FROM unbilled_usage
    WHERE tenant_id = %(tenant)s AND ended_at <= %(end)s AND started_at < %(end)s RETURNING ended_at
), billed AS (
    UPDATE usage SET invoice_id = %(invoice)s
    WHERE tenant_id = %(tenant)s AND refused_because = '' AND invoice_id IS NULL
      AND ended_at >= (SELECT min(ended_at) FROM due) AND ended_at <= %(end)s AND started_at < %(end)s
    RETURNING meter, quantity
)
SELECT meter, sum(quantity) FROM billed GROUP BY meter ORDER BY meter
"""
"""The same usage as in `before`, in both tables."""


class AccountRepository(TenantRepository[Account]):
    """The tenant's one account."""

    model = Account

    def mine(self, *, lock: bool = False) -> Account:
        """The account, made on first use; with `lock` held until the transaction ends."""
        tenant_id = current_tenant()
        Account.objects.get_or_create(tenant_id=tenant_id, defaults={"id": new_id("acct")})
        query = self.scoped()
        account: Account = (query.select_for_update() if lock else query).get()
        return account


class PriceRepository(TenantRepository[PriceRow]):
    """The tenant's own prices."""

    model = PriceRow

    def of_meter(self, meter: str, *, lock: bool = False) -> PriceRow | None:
        """The tenant's own price for a meter, if it has one."""
        query = self.scoped().filter(meter=meter)
        row: PriceRow | None = (query.select_for_update() if lock else query).first()
        return row

    def all(self) -> dict[str, PriceRow]:
        """The tenant's own prices by meter."""
        return {row.meter: row for row in self.scoped()}


class UsageRepository(TenantRepository[UsageRow]):
    """Metered usage."""

    model = UsageRow

    def add_once(self, row: UsageRow) -> UsageRow:
        """Insert the usage, or return what was counted before under the same source and id."""
        values = {
            name: getattr(row, name)
            for name in ("id", "resource_id", "meter", "quantity", "started_at", "ended_at", "refused_because")
        }
        stored, created = UsageRow.objects.get_or_create(
            tenant_id=row.tenant_id, source=row.source, source_id=row.source_id, defaults=values
        )
        if created and not row.refused_because:
            UnbilledUsage.objects.create(
                usage=stored, tenant_id=row.tenant_id, started_at=row.started_at, ended_at=row.ended_at
            )
        return stored

    def page_of_time(
        self, request: PageRequest, start: datetime | None, end: datetime | None, **filters: str
    ) -> Page[UsageRow]:
        """A page of the usage that an invoice of `[start, end)` counts as its own; open where there is no border."""
        conditions = [*([since(start)] if start else []), *([before(end)] if end else [])]
        query = self.scoped().filter(*conditions, **filters).order_by("id")
        if position := request.position():
            query = query.filter(id__gt=position[0])
        return Page.of(list(query[: request.limit + 1]), request, lambda row: (row.id,))

    def accepted(self) -> QuerySet[UsageRow]:
        """Usage that counts."""
        query: QuerySet[UsageRow] = self.scoped().filter(refused_because="")
        return query

    def bill_before(self, end: datetime, invoice: Invoice) -> dict[str, Decimal]:
        """Put the accepted usage from before `end` that is on no invoice yet on this one: the period's own, and what
        came late. The quantities that are on it, by meter, in order of meter.

        One statement does it, so that a piece that arrives meanwhile is on this invoice or on the next one, and in its
        sum. It goes through the usage by time, as it lies on disk: to look each piece up would take five times as long.
        """
        span = {"tenant": current_tenant(), "end": end, "invoice": invoice.id}
        with connection.cursor() as cursor:
            cursor.execute(_BILL_BEFORE, span)
            return dict(cursor.fetchall())

    def by_meter(self, rows: QuerySet[UsageRow]) -> dict[str, Decimal]:
        """The exact sum of quantities by meter, in order of meter."""
        return dict(rows.values_list("meter").annotate(Sum("quantity")).order_by("meter"))


class InvoiceRepository(TenantRepository[Invoice]):
    """Invoices with their lines."""

    model = Invoice

    def scoped(self) -> Any:
        """All invoices of the tenant, lines and discounts fetched along in one query each."""
        return super().scoped().prefetch_related("lines", "reductions")

    def overlapping(self, start: datetime, end: datetime) -> Invoice | None:
        """An invoice whose period shares an instant with `[start, end)`."""
        row: Invoice | None = self.scoped().filter(period_start__lt=end, period_end__gt=start).first()
        return row

    def next_number(self) -> str:
        """The tenant's next invoice number; the caller holds the account's lock."""
        return f"INV-{self.scoped().count() + 1:06d}"

    def add_line(self, invoice: Invoice, **values: Any) -> InvoiceLine:
        """Insert a line."""
        return InvoiceLine.objects.create(id=new_id("line"), invoice=invoice, **values)

    def add_discount(self, invoice: Invoice, **values: Any) -> InvoiceDiscount:
        """Insert what a discount took off."""
        return InvoiceDiscount.objects.create(id=new_id("off"), invoice=invoice, **values)


class CreditRepository(TenantRepository[Credit]):
    """Credits, oldest first."""

    model = Credit

    def open(self, currency: str) -> list[Credit]:
        """Credits with something left, in the order in which they are used up; held until the transaction ends."""
        query = self.scoped().select_for_update().filter(remaining__gt=0, currency=currency)
        return list(query.order_by("id"))


class SubscriptionRepository(TenantRepository[SubscriptionRow]):
    """Plans that the tenant holds or held."""

    model = SubscriptionRow

    def unbilled_before(self, end: datetime, *, lock: bool = False) -> list[SubscriptionRow]:
        """Those with a time before `end` that is on no invoice yet, oldest first."""
        query = self.scoped().filter(billed_until__lt=end)
        query = query.filter(Q(ended_at=None) | Q(ended_at__gt=F("billed_until")))
        return list((query.select_for_update() if lock else query).order_by("id"))

    def held_in(self, start: datetime, end: datetime) -> list[SubscriptionRow]:
        """Those that the tenant held at some time of `[start, end)`."""
        query = self.scoped().filter(Q(ended_at=None) | Q(ended_at__gt=start), started_at__lt=end)
        return list(query.order_by("id"))

    def held_after(self, instant: datetime) -> list[SubscriptionRow]:
        """Those that don't end by an instant; held until the transaction ends."""
        query = self.scoped().filter(Q(ended_at=None) | Q(ended_at__gt=instant))
        return list(query.select_for_update().order_by("id"))

    def remove(self, row: SubscriptionRow) -> None:
        """Delete one that was never billed."""
        row.delete()


class DiscountRepository(TenantRepository[DiscountRow]):
    """Discounts of the tenant."""

    model = DiscountRow

    def applicable(self, currency: str) -> list[DiscountRow]:
        """Those that go on the next invoice in the currency, oldest first; held until the transaction ends."""
        query = self.scoped().select_for_update().exclude(invoices_left=0)
        return list(query.filter(Q(currency=None) | Q(currency=currency)).order_by("id"))

    def remove(self, row: DiscountRow) -> None:
        """Delete a discount; invoices keep what it took off."""
        row.delete()


class BudgetRepository(TenantRepository[BudgetRow]):
    """Budgets of the tenant."""

    model = BudgetRow

    def count(self) -> int:
        """How many there are."""
        return int(self.scoped().count())

    def all(self, *, lock: bool = False) -> list[BudgetRow]:
        """All of them; with `lock` held until the transaction ends."""
        query = self.scoped().order_by("id")
        return list(query.select_for_update() if lock else query)

    def remove(self, row: BudgetRow) -> None:
        """Delete a budget with its alerts."""
        row.delete()


class AlertRepository(TenantRepository[BudgetAlert]):
    """Alerts of budgets."""

    model = BudgetAlert

    def told(self, period_start: datetime) -> dict[str, set[int]]:
        """The thresholds that were told of in the period, by budget."""
        thresholds: dict[str, set[int]] = {}
        for budget_id, threshold in self.scoped().filter(period_start=period_start).values_list("budget", "threshold"):
            thresholds.setdefault(budget_id, set()).add(threshold)
        return thresholds


def tenants_with_budgets() -> list[str]:
    """Tenants that have a budget, and aren't closed. Of all tenants: for the watch over them."""
    query = BudgetRow.objects.exclude(tenant_id__in=ClosedTenant.objects.values("tenant_id"))
    return list(query.values_list("tenant_id", flat=True).distinct().order_by("tenant_id"))


accounts = AccountRepository()
prices = PriceRepository()
usage = UsageRepository()
invoices = InvoiceRepository()
credits = CreditRepository()
subscriptions = SubscriptionRepository()
discounts = DiscountRepository()
budgets = BudgetRepository()
alerts = AlertRepository()
