"""Zones as files, in and out."""

from __future__ import annotations

from collections.abc import Iterable

from services.dns import published
from services.dns.domain import glue, serials, zonefile
from services.dns.domain.records import RecordType
from services.dns.domain.soa import Soa
from services.dns.models import Record, Zone
from services.dns.operations import contents
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags


def import_zone_file(ports: Ports, zone_id: str, text: str, expected: EntityTags | None) -> Zone:
    """Put the record sets of a zone file in the place of the zone's; all of them, or none.

    A file without name servers at the apex keeps the platform's, one with an SOA changes the zone's; the serial only
    goes forward, from the later of the two. Answers that stay keep their health. A large file is read before the zone
    is locked, so that nobody waits for that. Raises NotFound, VersionConflict, InvalidZoneFile, InvalidRecord,
    InvalidName, NameOutsideZone, InvalidRouting, CnameConflict or NameServerWithoutAddress.
    """
    zones, records = ZoneRepository(), RecordRepository()
    known = zones.get(zone_id)
    check_version(known, expected)
    parsed = zonefile.parse(text, known.name, known.soa_ttl)
    zone = zones.get(zone_id, lock=True)
    check_version(zone, expected)
    if zone.soa_ttl != known.soa_ttl:
        parsed = zonefile.parse(text, zone.name, zone.soa_ttl)
    failing = records.answers_that_fail(zone)
    rows = [contents.parsed(zone, each, failing.get((each.name, each.type), ())) for each in parsed.sets]
    if not any(row.name == zone.name and row.type == RecordType.NS for row in rows):
        rows.append(contents.name_servers(ports, zone))
    _check_name_servers(zone, rows)
    if parsed.soa is not None:
        _adopt(zone, parsed.soa)
    records.replace_all(zone, rows)
    contents.changed(ports, zone)
    published.zone_imported(zone, record_sets=len(rows))
    return zone


def _check_name_servers(zone: Zone, rows: Iterable[Record]) -> None:
    types: dict[str, list[RecordType]] = {}
    targets: list[str] = []
    for row in rows:
        types.setdefault(row.name, []).append(RecordType(row.type))
        targets += row.values if row.type == RecordType.NS else []
    glue.check_all(targets, zone.name, lambda name: types.get(name, ()))


def _adopt(zone: Zone, soa: Soa) -> None:
    """Take over a file's start of authority; secondaries never see a serial that they hold to be older."""
    zone.primary, zone.mailbox = soa.primary, soa.mailbox
    zone.refresh, zone.retry, zone.expire, zone.minimum = soa.refresh, soa.retry, soa.expire, soa.minimum
    zone.soa_ttl = soa.ttl
    if serials.is_newer(soa.serial, zone.serial):
        zone.serial = soa.serial


def export_zone_file(zone_id: str) -> str:
    """The zone as a file that other name servers load. Raises NotFound."""
    zone = ZoneRepository().get(zone_id)
    return zonefile.render(zone.name, zone.soa(), [row.record_set() for row in RecordRepository().of(zone)])
