"""Zones: made, changed and ended."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from services.dns import published
from services.dns.domain import glue, names, serials
from services.dns.domain.errors import ZoneNotEmpty
from services.dns.models import Zone
from services.dns.operations import contents, usage
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.events.closing import pass_gate
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import claim
from shared.utils.ids import new_id


def create_zone(ports: Ports, name: str, timers: Mapping[str, int]) -> Zone:
    """A new zone with its SOA and the platform's name servers at its apex. It is metered from now on.

    Raises InvalidName, ZoneExists, TenantNotActive, QuotaExceeded, ServiceUnavailable, or NameServerWithoutAddress for
    the zone that the platform's own name servers lie in.
    """
    pass_gate(connection)
    settings, zone_id, now = ports.settings, new_id("zone"), ports.clock.now()
    zone = Zone(
        id=zone_id,
        tenant_id=current_tenant(),
        name=names.zone_name(name),
        primary=settings.name_servers[0],
        mailbox=settings.hostmaster,
        serial=serials.following(0, now.date()),
        metered_from=now,
        **timers,
    )
    apex = contents.name_servers(ports, zone)
    glue.check_all(apex.values, zone.name, lambda _: ())
    with ports.quotas.reserved(claim(zone_id, "dns_zones")):
        ZoneRepository().add(zone)
        RecordRepository().add(apex)
        published.zone_created(zone)
    return zone


def update_zone(ports: Ports, zone_id: str, timers: Mapping[str, int], expected: EntityTags | None) -> Zone:
    """Change the times of a zone's SOA. Raises NotFound or VersionConflict."""
    zone = ZoneRepository().get(zone_id, lock=True)
    check_version(zone, expected)
    for timer, seconds in timers.items():
        setattr(zone, timer, seconds)
    contents.changed(ports, zone)
    published.zone_updated(zone)
    return zone


def delete_zone(ports: Ports, zone_id: str, expected: EntityTags | None) -> None:
    """Remove a zone in which only the name servers of its apex are left.

    Raises NotFound, VersionConflict or ZoneNotEmpty.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    check_version(zone, expected)
    left = RecordRepository().beside_apex_name_servers(zone)
    if left:
        raise ZoneNotEmpty(f"{zone.name} still has {left} record sets", record_sets=left)
    end(ports, zone)


def end(ports: Ports, zone: Zone) -> None:
    """The last of a locked zone: it is metered to this moment, then it is gone with all that is in it."""
    zone.version += 1
    usage.record(zone, ports.clock.now())
    published.zone_deleted(zone)
    zone.delete()
