"""Metered usage, counted once."""

from __future__ import annotations

from services.billing.domain.usage import MAX_AHEAD, MAX_AHEAD_OF_EVENTS, Usage, UsageRefused, ensure_acceptable
from services.billing.models import UsageRow
from services.billing.ports import Ports
from services.billing.repository import usage
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


def record_usage(ports: Ports, item: Usage, resource_id: str, *, refuse: bool) -> UsageRow:
    """Count usage once by its source and id.

    Usage that can't be counted raises UsageRefused when `refuse` is set (a caller is told); else it is kept with the
    reason (an event has no caller), and never billed. An event of a source whose clock is ahead counts in its period.
    """
    reason = ""
    try:
        ensure_acceptable(item, ports.clock.now(), MAX_AHEAD if refuse else MAX_AHEAD_OF_EVENTS)
    except UsageRefused as error:
        if refuse:
            raise
        reason = error.detail
    return usage.add_once(
        UsageRow(
            id=new_id("usage"),
            tenant_id=current_tenant(),
            source=item.source,
            source_id=item.id,
            resource_id=resource_id,
            meter=item.meter,
            quantity=item.quantity,
            started_at=item.started_at,
            ended_at=item.ended_at,
            refused_because=reason,
        )
    )
