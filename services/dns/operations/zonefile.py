"""Zones as files, in and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.dns import published
from services.dns.domain import glue, serials, zonefile
from services.dns.domain.parts import in_parts
from services.dns.domain.records import RecordType
from services.dns.domain.soa import Soa
from services.dns.models import Record, Zone
from services.dns.operations import contents
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.events.admission import ask, ask_many
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags

Key = tuple[str, str]
"""Name and type, which together are unique in a zone."""
ZONE, RECORD_SET = "dns.zone", "dns.record_set"
"""What the types of their events begin with."""


def import_zone_file(ports: Ports, zone_id: str, text: str, expected: EntityTags | None) -> Zone:
    """Put the record sets of a zone file in the place of the zone's; all of them, or none.

    A file without name servers at the apex keeps the platform's, one with an SOA changes the zone's; the serial only
    goes forward, from the later of the two. Answers that stay keep their health. A large file is read before the zone
    is locked, so that nobody waits for that. Policies are asked about each record set that is new or another one
    afterwards, as if it came alone. Raises NotFound, VersionConflict, InvalidZoneFile, InvalidRecord, InvalidName,
    NameOutsideZone, InvalidRouting, CnameConflict, NameServerWithoutAddress, or PolicyDenied with the name and type of
    each record set that is denied.
    """
    zones, records = ZoneRepository(), RecordRepository()
    known = zones.get(zone_id)
    check_version(known, expected)
    parsed = zonefile.parse(text, known.name, known.soa_ttl)
    zone = zones.get(zone_id, lock=True)
    check_version(zone, expected)
    if zone.soa_ttl != known.soa_ttl:
        parsed = zonefile.parse(text, zone.name, zone.soa_ttl)
    kept = records.by_name_and_type(zone)
    rows = [contents.parsed(zone, each, _answers(kept, each)) for each in parsed.sets]
    if not any(row.name == zone.name and row.type == RecordType.NS for row in rows):
        rows.append(contents.name_servers(ports, zone))
    _check_name_servers(zone, rows)
    if parsed.soa is not None:
        _adopt(zone, parsed.soa)
    contents.changed(ports, zone)
    _ask(zone, rows, kept)
    records.replace_all(zone, rows)
    parts = list(in_parts(_facts(zone, row) for row in rows))
    for number, part in enumerate(parts, 1):
        published.zone_imported(zone, len(rows), number, len(parts), part)
    return zone


def _answers(kept: Mapping[Key, Record], found: zonefile.ParsedSet) -> Sequence[Mapping[str, Any]]:
    record = kept.get((found.name, found.type))
    return record.answers if record else ()


def _ask(zone: Zone, rows: Sequence[Record], kept: Mapping[Key, Record]) -> None:
    """Ask policies about the rows that aren't as a record set that the zone has: that one is changed, and an exemption
    of its own counts; others are made. Last about the zone, which changes."""
    made, changed = {}, {}
    for row in rows:
        before = kept.get((row.name, row.type))
        facts = _facts(zone, row)
        if before is None:
            made[f"{row.name} {row.type}"] = facts
        elif (row.ttl, row.policy, row.answers) != (before.ttl, before.policy, before.answers):
            changed[f"{row.name} {row.type}"] = {**facts, "id": before.id}
    ask_many(RECORD_SET, CREATE, made)
    ask_many(RECORD_SET, UPDATE, changed)
    # Once, and of the zone alone, though several events tell of it with what is in it.
    about = {name: getattr(zone, name) for name in published.ZONE_FACTS}
    ask(ZONE, zone.id, UPDATE, {**about, "record_sets": len(rows)})


def _facts(zone: Zone, record: Record) -> dict[str, Any]:
    """What policies see of a record set: what an event of its own would tell."""
    facts = {name: getattr(record, name) for name in ("id", "name", "type", "ttl", "policy", "answers")}
    return {**facts, "zone_id": zone.id, "zone": zone.name, "zone_version": zone.version, "serial": zone.serial}


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
