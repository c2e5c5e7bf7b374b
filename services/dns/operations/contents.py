"""What a zone's record sets consist of, for whatever makes or replaces them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.dns.domain import glue, records, routing, serials
from services.dns.domain.records import RecordType
from services.dns.domain.routing import Answer, Policy, Role
from services.dns.domain.zonefile import ParsedSet
from services.dns.models import Record, Zone
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.utils.ids import new_id

APEX_TTL = 86_400
"""Seconds; name servers of a zone change rarely (RFC 1912 §2.2)."""


def changed(ports: Ports, zone: Zone) -> None:
    """Note that the locked zone's content is another one now: its serial moves."""
    zone.serial = serials.following(zone.serial, ports.clock.now().date())
    ZoneRepository().save(zone)


def fill(record: Record, zone: Zone, body: Mapping[str, Any]) -> None:
    """Put what the record set answers into its row, validated and in its one spelling.

    An answer that stays keeps its health. Raises InvalidRecord, InvalidName, InvalidRouting or CnameConflict.
    """
    kind, policy = RecordType(record.type), Policy(body["policy"])
    records.check_place(kind, record.name, zone.name)
    health = {answer["value"]: answer["healthy"] for answer in record.answers or ()}
    given = body["answers"] or [{"value": value} for value in body["values"]]
    values = records.normalise_all(kind, [answer["value"] for answer in given], zone.name)
    answers = [
        Answer(
            value=value,
            weight=answer.get("weight", 1),
            role=Role(answer.get("role", Role.PRIMARY)),
            latency_ms=dict(answer.get("latency_ms", {})),
            healthy=health.get(value, True),
        )
        for value, answer in zip(values, given, strict=True)
    ]
    routing.check_answers(policy, kind, answers)
    record.ttl, record.policy = records.check_ttl(body["ttl"]), policy.value
    record.answers = [_stored(answer) for answer in answers]


def simple(zone: Zone, name: str, kind: RecordType, ttl: int, values: Sequence[str]) -> Record:
    """A new record set without routing, not yet in the database. Raises as `fill` does."""
    record = Record(id=new_id("rec"), tenant_id=zone.tenant_id, zone=zone, name=name, type=kind.value)
    fill(record, zone, {"policy": Policy.SIMPLE, "ttl": ttl, "values": values, "answers": None})
    return record


def parsed(zone: Zone, found: ParsedSet, answers: Sequence[Mapping[str, Any]]) -> Record:
    """A record set of a zone file as a row, not yet in the database; `answers` are those that the zone had for it.

    What was read from a file is validated already.
    """
    health = {answer["value"]: answer["healthy"] for answer in answers}
    return Record(
        id=new_id("rec"),
        tenant_id=zone.tenant_id,
        zone=zone,
        name=found.name,
        type=found.type.value,
        ttl=found.ttl,
        policy=found.policy.value,
        answers=[{**_stored(each), "healthy": health.get(each.value, True)} for each in found.answers],
    )


def name_servers(ports: Ports, zone: Zone) -> Record:
    """The platform's name servers at the apex, not yet in the database."""
    return simple(zone, zone.name, RecordType.NS, APEX_TTL, ports.settings.name_servers)


def check_name_servers(zone: Zone, record: Record) -> None:
    """Refuse a set of name servers of which one lies in the zone without an address. Raises
    NameServerWithoutAddress.
    """
    if record.type == RecordType.NS:
        glue.check_all(record.values, zone.name, lambda name: RecordRepository().types_at(zone, name))


def _stored(answer: Answer) -> dict[str, Any]:
    return {
        "value": answer.value,
        "weight": answer.weight,
        "role": answer.role.value,
        "latency_ms": dict(answer.latency_ms),
        "healthy": answer.healthy,
    }
