"""Plans that tenants hold for a monthly fee."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from services.billing import published
from services.billing.domain.subscriptions import InvalidSubscription, Subscription
from services.billing.models import SubscriptionRow
from services.billing.ports import Ports
from services.billing.repository import accounts, subscriptions
from shared.events.closing import pass_gate
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id
from shared.utils.money import Money


def as_subscription(row: SubscriptionRow) -> Subscription:
    """The row as the rules see it. Raises InvalidSubscription for one that can't be."""
    fee = Money(row.fee, row.currency)
    return Subscription(row.id, row.plan, fee, row.started_at, row.ended_at, row.billed_until)


def subscribe(ports: Ports, plan: str, fee: Money, started_at: datetime | None) -> SubscriptionRow:
    """Have the tenant pay for a plan, from now or from another time on; what is billed already comes late.

    Raises InvalidSubscription for a fee that isn't in the account's currency, or is no whole number of minor units, and
    TenantNotActive for a tenant that is closed.
    """
    pass_gate(connection)
    account = accounts.mine(lock=True)
    return _add(account.currency, plan, fee, started_at or ports.clock.now())


def end_subscription(ports: Ports, id: str, ended_at: datetime | None, expected: EntityTags | None) -> SubscriptionRow:
    """Have it end now, or at another time that isn't billed yet. Raises InvalidSubscription, VersionConflict."""
    accounts.mine(lock=True)
    row = subscriptions.get(id, lock=True)
    check_version(row, expected)
    return _end(row, ended_at or ports.clock.now())


def change_plan(
    ports: Ports, id: str, plan: str, fee: Money, changed_at: datetime | None, expected: EntityTags | None
) -> SubscriptionRow:
    """End it and go on with another plan from that very instant; the new subscription.

    Each is billed for its own part of the month, as Stripe prorates an upgrade. Raises InvalidSubscription,
    VersionConflict, TenantNotActive.
    """
    pass_gate(connection)
    account = accounts.mine(lock=True)
    row = subscriptions.get(id, lock=True)
    check_version(row, expected)
    moment = changed_at or ports.clock.now()
    _end(row, moment)
    return _add(account.currency, plan, fee, moment)


def end_all(closed_at: datetime) -> None:
    """Have every subscription end when the tenant was closed, or where it is billed to already; one that was to begin
    later never does."""
    accounts.mine(lock=True)
    for row in subscriptions.held_after(closed_at):
        until = max(closed_at, row.billed_until)
        if until <= row.started_at:
            row.ended_at = row.started_at
            published.subscription_ended(row, changes=1)
            subscriptions.remove(row)
        elif row.ended_at is None or until < row.ended_at:
            _end(row, until)


def _add(currency: str, plan: str, fee: Money, started_at: datetime) -> SubscriptionRow:
    if fee.currency != currency:
        raise InvalidSubscription(f"a fee is in the account's currency, {currency}")
    row = SubscriptionRow(
        id=new_id("sub"),
        tenant_id=current_tenant(),
        plan=plan,
        fee=fee.amount,
        currency=fee.currency,
        started_at=started_at,
        billed_until=started_at,
    )
    as_subscription(row)
    published.subscription_created(subscriptions.add(row))
    return row


def _end(row: SubscriptionRow, ended_at: datetime) -> SubscriptionRow:
    if row.ended_at is not None and row.ended_at <= ended_at:
        raise InvalidSubscription(f"it has ended at {row.ended_at.isoformat()}")
    row.ended_at = ended_at
    as_subscription(row)
    published.subscription_ended(subscriptions.save(row))
    return row
