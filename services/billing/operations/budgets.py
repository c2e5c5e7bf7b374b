"""Budgets, and the watch that tells when one is being used up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection

from services.billing import published
from services.billing.domain.budgets import MAX_BUDGETS, Budget, BudgetLimitReached, InvalidBudget
from services.billing.models import BudgetAlert, BudgetRow
from services.billing.operations.spend import Spend, period_now, spend_now
from services.billing.ports import Ports
from services.billing.repository import accounts, alerts, budgets, tenants_with_budgets
from shared.events.closing import pass_gate
from shared.infra.db.django import check_version
from shared.infra.db.django_transactions import DjangoTransactions
from shared.kernel.context import current_tenant, service_context
from shared.kernel.logs import logger
from shared.kernel.preconditions import EntityTags
from shared.kernel.tracing import Work
from shared.utils.ids import new_id
from shared.utils.money import Money

log = logger("billing.budgets")


def create_budget(name: str, amount: Money, thresholds: Sequence[int]) -> BudgetRow:
    """Have the tenant told when a period's spending reaches so many percent of the amount.

    Raises InvalidBudget, BudgetLimitReached when there are as many as there may be, and TenantNotActive for a tenant
    that is closed.
    """
    pass_gate(connection)
    account = accounts.mine(lock=True)
    if budgets.count() >= MAX_BUDGETS:
        raise BudgetLimitReached(f"an account has at most {MAX_BUDGETS} budgets")
    row = BudgetRow(id=new_id("budget"), tenant_id=current_tenant(), name=name)
    _set(row, Budget(amount, tuple(thresholds)), account.currency)
    published.budget_created(budgets.add(row))
    return row


def change_budget(
    id: str, name: str | None, amount: Money | None, thresholds: Sequence[int] | None, expected: EntityTags | None
) -> BudgetRow:
    """Change a budget; a threshold that was told of is not told again in the same period.

    Raises InvalidBudget, VersionConflict.
    """
    account = accounts.mine(lock=True)
    row = budgets.get(id, lock=True)
    check_version(row, expected)
    row.name = row.name if name is None else name
    present = as_budget(row)
    kept = present.thresholds if thresholds is None else tuple(thresholds)
    _set(row, Budget(amount or present.amount, kept), account.currency)
    published.budget_changed(budgets.save(row))
    return row


def delete_budget(id: str, expected: EntityTags | None) -> None:
    """Delete a budget with its alerts. Raises VersionConflict."""
    accounts.mine(lock=True)
    row = budgets.get(id, lock=True)
    check_version(row, expected)
    published.budget_deleted(row)
    budgets.remove(row)


def as_budget(row: BudgetRow) -> Budget:
    """The row as the rules see it."""
    return Budget(Money(row.amount, row.currency), tuple(row.thresholds))


def look(ports: Ports) -> int:
    """Tell of every threshold that the tenant's spending has reached, each once a period; how many there were.

    Budgets in another currency than the account's wait until that is back. Nothing is added up where all was told.
    """
    accounts.mine(lock=True)
    told = alerts.told(period_now(ports).start)
    rows = [row for row in budgets.all(lock=True) if set(row.thresholds) - told.get(row.id, set())]
    if not rows:
        return 0
    spend, count = spend_now(ports), 0
    for row in rows:
        if row.currency == spend.total.currency:
            for threshold in as_budget(row).crossed(spend.total, told.get(row.id, set())):
                _alert(row, threshold, spend)
                count += 1
    return count


def watch(ports: Ports, transactions: DjangoTransactions) -> Callable[[], None]:
    """Work that looks at the budgets of all tenants that aren't closed, one transaction each; what fails for one stops
    no other."""

    def look_at_all() -> None:
        for tenant_id in transactions.run(lambda _connection: tenants_with_budgets()):
            with service_context("billing", tenant_id, ports.clock, work=Work("look at budgets")):
                try:
                    transactions.run(lambda _connection: look(ports))
                except Exception:
                    log.exception("budgets could not be looked at; they are looked at again", tenant=tenant_id)

    return look_at_all


def _set(row: BudgetRow, budget: Budget, currency: str) -> None:
    if budget.amount.currency != currency:
        raise InvalidBudget(f"a budget is in the account's currency, {currency}")
    row.amount, row.currency, row.thresholds = budget.amount.amount, currency, sorted(budget.thresholds)


def _alert(row: BudgetRow, threshold: int, spend: Spend) -> None:
    alert = BudgetAlert(
        id=new_id("alert"),
        tenant_id=row.tenant_id,
        budget=row,
        period_start=spend.period.start,
        period_end=spend.period.end,
        threshold=threshold,
        budgeted=row.amount,
        spent=spend.total.amount,
        currency=row.currency,
    )
    published.budget_threshold_reached(alerts.add(alert))
