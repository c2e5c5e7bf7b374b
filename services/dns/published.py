"""What dns tells: one function an event."""

from __future__ import annotations

from typing import Any

from django.db import connection

from services.dns.models import Record, Zone
from shared.events import publish

ZONE_FACTS = ("id", "name", "serial", "refresh", "retry", "expire", "minimum", "soa_ttl")


def zone_created(zone: Zone) -> None:
    """There is a new zone."""
    _of_zone("dns.zone.created", zone)


def zone_updated(zone: Zone) -> None:
    """The times of a zone's SOA are other ones."""
    _of_zone("dns.zone.updated", zone)


def zone_imported(zone: Zone, record_sets: int, part: int, parts: int, told: list[Any]) -> None:
    """A zone's record sets, so many now, came from a file: a part of them, each as an event of its own tells it."""
    about = {"record_sets": record_sets, "part": part, "parts": parts}
    _of_zone("dns.zone.imported", zone, **about, contents={"record_set": told})


def zone_deleted(zone: Zone) -> None:
    """A zone is gone, with all that was in it."""
    _of_zone("dns.zone.deleted", zone)


def record_set_created(zone: Zone, record: Record) -> None:
    """There is a new record set."""
    _of_record_set("dns.record_set.created", zone, record)


def record_set_updated(zone: Zone, record: Record) -> None:
    """A record set answers something else."""
    _of_record_set("dns.record_set.updated", zone, record)


def record_set_deleted(zone: Zone, record: Record) -> None:
    """A record set is gone."""
    _of_record_set("dns.record_set.deleted", zone, record)


def record_set_health_changed(zone: Zone, record: Record) -> None:
    """An answer of a record set works again, or works no longer."""
    _of_record_set("dns.record_set.health_changed", zone, record)


def _of_zone(kind: str, zone: Zone, **more: Any) -> None:
    data = {**{name: getattr(zone, name) for name in ZONE_FACTS}, **more}
    publish(connection, kind, subject=zone.id, sequence=zone.version, data=data)


def _of_record_set(kind: str, zone: Zone, record: Record) -> None:
    data = {
        "id": record.id,
        "zone_id": zone.id,
        "zone": zone.name,
        "zone_version": zone.version,
        "serial": zone.serial,
        **{name: getattr(record, name) for name in ("name", "type", "ttl", "policy", "answers")},
    }
    publish(connection, kind, subject=record.id, sequence=record.version, data=data)
