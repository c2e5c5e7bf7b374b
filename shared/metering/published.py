"""Telling usage: `<service>.usage.recorded`, which billing counts once by its source and id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from shared.events import publish
from shared.metering.usage import Usage, usage_between


class MeteredRow(Protocol):
    """A row whose time is billed. It is metered from `metered_from` on; None while nothing is billed."""

    id: str
    metered_from: datetime | None


def record_usage(
    connection: Any, service: str, row: MeteredRow, rates: Mapping[str, Decimal], until: datetime
) -> list[Usage]:
    """Publish what a locked row used since it was last metered, and meter on from `until`; what was published.

    `rates` are units a second by meter. The caller writes the row back in the same transaction.
    """
    if row.metered_from is None or until <= row.metered_from:
        return []
    records = usage_between(rates, row.metered_from, until)
    row.metered_from = until
    for record in records:
        _publish(connection, service, row.id, record)
    return records


def _publish(connection: Any, service: str, resource_id: str, record: Usage) -> None:
    """One usage event. It is a subject of its own: records are never changed, so they have no order among them."""
    publish(
        connection,
        f"{service}.usage.recorded",
        subject=f"{resource_id}/{record.meter}/{record.started_at.isoformat()}",
        sequence=1,
        data={
            "meter": record.meter,
            "quantity": f"{record.quantity:f}",
            "started_at": record.started_at.isoformat(),
            "ended_at": record.ended_at.isoformat(),
            "resource_id": resource_id,
            "source": service,
        },
    )
