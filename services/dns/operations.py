"""Use cases of dns. Each runs in the transaction of its request, its events included.

Every change of a record set locks its zone and moves the zone's serial: secondaries compare nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.dns import events
from services.dns.domain import names, records, resolution, routing, serials, zonefile
from services.dns.domain.errors import ZoneNotEmpty
from services.dns.domain.records import RecordType
from services.dns.domain.routing import Answer, Policy, Role
from services.dns.domain.soa import negative_ttl
from services.dns.models import Record, Zone
from services.dns.ports import ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.errors import NotFound
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id

APEX_TTL = 86_400
"""Seconds; name servers of a zone change rarely (RFC 1912 §2.2)."""


def create_zone(name: str, timers: Mapping[str, int]) -> Zone:
    """A new zone with its SOA and the platform's name servers at its apex.

    Raises InvalidName, ZoneExists or QuotaExceeded.
    """
    settings, zone_id = ports().settings, new_id("zone")
    zone = Zone(
        id=zone_id,
        tenant_id=current_tenant(),
        name=names.zone_name(name),
        primary=settings.name_servers[0],
        mailbox=settings.hostmaster,
        serial=serials.following(0, ports().clock.now().date()),
        **timers,
    )
    with ports().quotas.reserved(zone_id):
        ZoneRepository().add(zone)
        RecordRepository().add(_name_servers(zone))
        events.zone_event("dns.zone.created", zone)
    return zone


def update_zone(zone_id: str, timers: Mapping[str, int], expected: int | None) -> Zone:
    """Change the times of a zone's SOA. Raises NotFound or VersionConflict."""
    zone = ZoneRepository().get(zone_id, lock=True)
    check_version(zone, expected)
    for timer, seconds in timers.items():
        setattr(zone, timer, seconds)
    _changed(zone)
    events.zone_event("dns.zone.updated", zone)
    return zone


def delete_zone(zone_id: str) -> None:
    """Remove a zone in which only the name servers of its apex are left. Raises NotFound or ZoneNotEmpty."""
    zone = ZoneRepository().get(zone_id, lock=True)
    left = RecordRepository().of(zone).exclude(name=zone.name, type=RecordType.NS).count()
    if left:
        raise ZoneNotEmpty(f"{zone.name} still has {left} record sets", record_sets=left)
    _end(zone)


def delete_all_zones() -> None:
    """Remove all zones of the tenant with all that is in them."""
    for zone in ZoneRepository().scoped().select_for_update().order_by("id"):
        _end(zone)


def create_record(zone_id: str, body: Mapping[str, Any]) -> Record:
    """A new record set.

    Raises NotFound, InvalidName, NameOutsideZone, InvalidRecord, InvalidRouting, CnameConflict or RecordSetExists.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    kind, name = RecordType(body["type"]), names.owner(body["name"], zone.name)
    records.check_coexistence(kind, name, zone.name, RecordRepository().types_at(zone, name))
    record = Record(id=new_id("rec"), tenant_id=zone.tenant_id, zone=zone, name=name, type=kind.value)
    _fill(record, zone, body)
    RecordRepository().add(record)
    _changed(zone)
    events.record_event("dns.record_set.created", zone, record)
    return record


def change_record(zone_id: str, record_id: str, body: Mapping[str, Any], expected: int | None) -> Record:
    """Replace what a record set answers. Raises NotFound, VersionConflict, InvalidRecord or InvalidRouting."""
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    check_version(record, expected)
    _fill(record, zone, body)
    RecordRepository().save(record)
    _changed(zone)
    events.record_event("dns.record_set.updated", zone, record)
    return record


def delete_record(zone_id: str, record_id: str) -> None:
    """Remove a record set. Raises NotFound or ApexNameServers."""
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    records.check_removable(RecordType(record.type), record.name, zone.name)
    record.version += 1
    _changed(zone)
    events.record_event("dns.record_set.deleted", zone, record)
    record.delete()


def set_health(zone_id: str, record_id: str, value: str, healthy: bool) -> Record:
    """Tell whether an answer of a record set works; the serial stays, for no record changed. Raises NotFound."""
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    normal = records.normalise(RecordType(record.type), value, zone.name)
    if normal not in record.values:
        raise NotFound(f"{record.name} has no answer {normal}")
    answers = [{**answer, "healthy": healthy} if answer["value"] == normal else answer for answer in record.answers]
    if answers != record.answers:
        record.answers = answers
        RecordRepository().save(record)
        events.record_event("dns.record_set.health_changed", zone, record)
    return record


def import_zone_file(zone_id: str, text: str) -> Zone:
    """Put the record sets of a zone file in the place of the zone's; all of them, or none.

    A file without name servers at the apex keeps the platform's. Raises NotFound, InvalidZoneFile, InvalidRecord,
    InvalidName or CnameConflict.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    rows = [_imported(zone, parsed) for parsed in zonefile.parse(text, zone.name, zone.soa_ttl)]
    if not any(row.name == zone.name and row.type == RecordType.NS for row in rows):
        rows.append(_name_servers(zone))
    RecordRepository().replace_all(zone, rows)
    _changed(zone)
    events.zone_event("dns.zone.imported", zone, record_sets=len(rows))
    return zone


def export_zone_file(zone_id: str) -> str:
    """The zone as a file that other name servers load. Raises NotFound."""
    zone = ZoneRepository().get(zone_id)
    return zonefile.render(zone.name, zone.soa(), [row.record_set() for row in RecordRepository().of(zone)])


def resolve(name: str, kind: RecordType, region: str) -> dict[str, Any]:
    """What the platform's name servers answer for a name of the tenant's, with routing and health applied.

    Raises InvalidName.
    """
    asked, zones = names.canonical(name), ZoneRepository().names()
    held_by = names.enclosing_zone(asked, list(zones))
    if held_by is None:
        return {"name": asked, "status": resolution.Status.REFUSED.value, "answers": [], "authority": []}
    zone = ZoneRepository().get(zones[held_by])
    contents = resolution.contents(row.record_set() for row in RecordRepository().of(zone))
    status, chain, referral = resolution.find(asked, kind, zone.name, contents)
    answers = [line for owner, found in chain for line in _routed(owner, found, region)]
    authority = _lines(referral.name, referral, referral.answers) if referral else []
    if not referral and not any(line["type"] == kind for line in answers):
        ttl = negative_ttl(zone.soa())
        authority = [{"name": zone.name, "type": "SOA", "ttl": ttl, "value": zone.soa().data()}]
    return {"name": asked, "status": status.value, "answers": answers, "authority": authority}


def _routed(owner: str, found: resolution.RecordSet, region: str) -> list[dict[str, Any]]:
    draw = ports().draw(routing.total_weight(found.answers))
    return _lines(owner, found, routing.select(found.policy, found.answers, draw=draw, region=region))


def _lines(owner: str, found: resolution.RecordSet, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"name": owner, "type": found.type, "ttl": found.ttl, "value": answer.value} for answer in answers]


def _fill(record: Record, zone: Zone, body: Mapping[str, Any]) -> None:
    """Put what the record set answers into its row, validated and in its one spelling."""
    kind, policy = RecordType(record.type), Policy(body["policy"])
    given = body["answers"] or [{"value": value} for value in body["values"]]
    values = records.normalise_all(kind, [answer["value"] for answer in given], zone.name)
    answers = [
        Answer(
            value=value,
            weight=answer.get("weight", 1),
            role=Role(answer.get("role", Role.PRIMARY)),
            latency_ms=dict(answer.get("latency_ms", {})),
        )
        for value, answer in zip(values, given, strict=True)
    ]
    routing.check_answers(policy, kind, answers)
    record.ttl, record.policy = records.check_ttl(body["ttl"]), policy.value
    record.answers = [_stored(answer) for answer in answers]


def _stored(answer: Answer) -> dict[str, Any]:
    return {
        "value": answer.value,
        "weight": answer.weight,
        "role": answer.role.value,
        "latency_ms": dict(answer.latency_ms),
        "healthy": answer.healthy,
    }


def _simple(zone: Zone, name: str, kind: RecordType, ttl: int, values: Sequence[str]) -> Record:
    record = Record(id=new_id("rec"), tenant_id=zone.tenant_id, zone=zone, name=name, type=kind.value)
    _fill(record, zone, {"policy": Policy.SIMPLE, "ttl": ttl, "values": values, "answers": None})
    return record


def _imported(zone: Zone, parsed: zonefile.ParsedSet) -> Record:
    return _simple(zone, parsed.name, parsed.type, parsed.ttl, parsed.values)


def _name_servers(zone: Zone) -> Record:
    return _simple(zone, zone.name, RecordType.NS, APEX_TTL, ports().settings.name_servers)


def _changed(zone: Zone) -> None:
    """The zone's content is another one now."""
    zone.serial = serials.following(zone.serial, ports().clock.now().date())
    ZoneRepository().save(zone)


def _end(zone: Zone) -> None:
    """The last of a zone: it is metered to this moment, then it is gone."""
    zone.version += 1
    events.usage_recorded(zone, ports().clock.now())
    events.zone_event("dns.zone.deleted", zone)
    zone.delete()
