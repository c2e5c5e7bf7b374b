"""What billing hears: the usage of every metered service, and the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from services.billing.domain.usage import Usage, UsageRefused, ensure_countable
from services.billing.operations.subscriptions import end_all
from services.billing.operations.usage import record_usage
from services.billing.ports import Ports
from shared.events import Event
from shared.events.closing import close_gate
from shared.events.inbox import Handler
from shared.services import METERED
from shared.utils.decimals import parse_decimal


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""
    return {
        **{f"{service}.usage.recorded": partial(on_usage_recorded, ports) for service in METERED},
        "tenants.tenant.closed": on_tenant_closed,
    }


def on_usage_recorded(ports: Ports, event: Event, _transaction: Any) -> None:
    """Metered usage of any service is counted once."""
    data = event.data
    item = Usage(
        source=data.get("source") or event.source,
        id=event.id,
        meter=data["meter"],
        quantity=_quantity(data["quantity"]),
        started_at=datetime.fromisoformat(data["started_at"]),
        ended_at=datetime.fromisoformat(data["ended_at"]),
    )
    record_usage(ports, item, data["resource_id"], refuse=False)


def on_tenant_closed(event: Event, connection: Any) -> None:
    """A closed tenant pays for no plan any more, and nobody watches its budgets. What it used is billed as ever."""
    close_gate(connection)
    end_all(event.time)


def _quantity(text: str) -> Decimal:
    """The number that an event says. Raises UsageRefused for one that can't be kept digit by digit."""
    try:
        quantity = parse_decimal(text)
    except ValueError as error:
        raise UsageRefused(f"{text!r} is not a quantity") from error
    ensure_countable(quantity)
    return quantity
