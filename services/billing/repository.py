"""Every query of the billing service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from services.billing.models import Account, Credit, Invoice, InvoiceLine, PriceRow, UsageRow
from shared.infra.db.django import TenantRepository
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


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
        stored, _ = UsageRow.objects.get_or_create(
            tenant_id=row.tenant_id, source=row.source, source_id=row.source_id, defaults=values
        )
        return stored

    def unbilled_before(self, end: datetime) -> QuerySet[UsageRow]:
        """Accepted usage that ended before `end` and is on no invoice yet: the period's own, and what came late."""
        query: QuerySet[UsageRow] = self.scoped().filter(invoice=None, refused_because="", ended_at__lt=end)
        return query

    def bill(self, rows: Iterable[UsageRow], invoice: Invoice) -> None:
        """Note on which invoice the usage is."""
        UsageRow.objects.filter(id__in=[row.id for row in rows]).update(invoice=invoice)


class InvoiceRepository(TenantRepository[Invoice]):
    """Invoices with their lines."""

    model = Invoice

    def scoped(self) -> Any:
        """All invoices of the tenant, lines fetched along in one query."""
        return super().scoped().prefetch_related("lines")

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


class CreditRepository(TenantRepository[Credit]):
    """Credits, oldest first."""

    model = Credit

    def open(self, currency: str) -> list[Credit]:
        """Credits with something left, in the order in which they are used up; held until the transaction ends."""
        query = self.scoped().select_for_update().filter(remaining__gt=0, currency=currency)
        return list(query.order_by("id"))


accounts = AccountRepository()
prices = PriceRepository()
usage = UsageRepository()
invoices = InvoiceRepository()
credits = CreditRepository()
