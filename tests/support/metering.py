"""Usage as the metering services tell it on the bus."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.bus import Bus


def usage_of(bus: Bus, service: str, resource: dict[str, Any], count: int = 1) -> list[dict[str, Any]]:
    """The first `count` usage events of a resource, by the beginning of their windows."""

    def matching(event: dict[str, Any]) -> bool:
        return event["type"] == f"{service}.usage.recorded" and event["data"]["resource_id"] == resource["id"]

    found = bus.events(f"{service}.events", matching, count)
    return sorted(found, key=lambda event: datetime.fromisoformat(event["data"]["started_at"]))


def usage_event(tenant_id: str, service: str, meter: str, quantity: str, ended_at: datetime) -> dict[str, Any]:
    """A usage event as a metering service sends it, of the hour up to a time."""
    id = secrets.token_hex(8)
    return {
        "specversion": "1.0",
        "id": f"e-{id}",
        "source": f"omnicloud/{service}",
        "type": f"{service}.usage.recorded",
        "subject": f"r-{id}",
        "time": ended_at.isoformat(),
        "datacontenttype": "application/json",
        "dataschema": "urn:omnicloud:event:usage.recorded",
        "tenantid": tenant_id,
        "correlationid": f"c-{id}",
        "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01",
        "actor": f"service:{service}",
        "sequence": 1,
        "data": {
            "meter": meter,
            "quantity": quantity,
            "started_at": (ended_at - timedelta(hours=1)).isoformat(),
            "ended_at": ended_at.isoformat(),
            "resource_id": f"r-{id}",
            "source": service,
        },
    }


def window(event: dict[str, Any]) -> tuple[datetime, datetime]:
    """Beginning and end of a usage event."""
    data = event["data"]
    return datetime.fromisoformat(data["started_at"]), datetime.fromisoformat(data["ended_at"])


def total(events: list[dict[str, Any]]) -> Decimal:
    """The quantity of all the events together."""
    return sum((Decimal(event["data"]["quantity"]) for event in events), Decimal(0))


def midnight_after(moment: datetime) -> datetime:
    """The end of a moment's UTC day."""
    return (moment.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
