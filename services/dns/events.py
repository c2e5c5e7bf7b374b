"""Events of dns: what it tells of zones and record sets, and what it follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from services.dns.domain.metering import METER, zone_seconds
from services.dns.models import Record, Zone
from services.dns.ports import ports
from shared.events import Event, publish
from shared.events.inbox import Handler


def zone_event(kind: str, zone: Zone, **more: Any) -> None:
    """Tell that something happened to a zone."""
    data = {"id": zone.id, "name": zone.name, "serial": zone.serial, **more}
    publish(connection, kind, subject=zone.id, sequence=zone.version, data=data)


def record_event(kind: str, zone: Zone, record: Record) -> None:
    """Tell that something happened to a record set."""
    data = {
        "id": record.id,
        "zone_id": zone.id,
        "zone": zone.name,
        "serial": zone.serial,
        **{name: getattr(record, name) for name in ("name", "type", "ttl", "policy", "answers")},
    }
    publish(connection, kind, subject=record.id, sequence=record.version, data=data)


def usage_recorded(zone: Zone, until: datetime) -> None:
    """Tell for how long a zone existed."""
    data = {
        "meter": METER,
        "quantity": zone_seconds(zone.created_at, until),
        "started_at": zone.created_at.isoformat(),
        "ended_at": max(until, zone.created_at).isoformat(),
        "resource_id": zone.id,
        "source": "dns",
    }
    publish(connection, "dns.usage.recorded", subject=zone.id, sequence=zone.version, data=data)


def on_zone_created(event: Event, tx: Any) -> None:
    """What was reserved exists now."""
    ports().quotas.commit(event.subject)


def on_zone_deleted(event: Event, tx: Any) -> None:
    """The quota comes back only once the deletion is committed: one that fails must keep it."""
    ports().quotas.release(event.subject)


def on_tenant_closed(event: Event, tx: Any) -> None:
    """Nothing of a closed tenant stays."""
    from services.dns.operations import delete_all_zones

    delete_all_zones()


HANDLERS: Mapping[str, Handler] = {
    "dns.zone.created": on_zone_created,
    "dns.zone.deleted": on_zone_deleted,
    "tenants.tenant.closed": on_tenant_closed,
}
