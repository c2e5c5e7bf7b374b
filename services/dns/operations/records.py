"""Record sets: made, changed, removed, and the health of their answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dns import published
from services.dns.domain import glue, names, records
from services.dns.domain.records import RecordType
from services.dns.models import Record
from services.dns.operations import contents
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository
from shared.errors import NotFound
from shared.infra.db.django import check_version
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_record(ports: Ports, zone_id: str, body: Mapping[str, Any], expected: EntityTags | None) -> Record:
    """A new record set in a zone of the expected version.

    Raises NotFound, VersionConflict, InvalidName, NameOutsideZone, InvalidRecord, InvalidRouting, CnameConflict,
    NameServerWithoutAddress or RecordSetExists.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    check_version(zone, expected)
    kind, name = RecordType(body["type"]), names.owner(body["name"], zone.name)
    records.check_coexistence(kind, name, zone.name, RecordRepository().types_at(zone, name))
    record = Record(id=new_id("rec"), tenant_id=zone.tenant_id, zone=zone, name=name, type=kind.value)
    contents.fill(record, zone, body)
    contents.check_name_servers(zone, record)
    RecordRepository().add(record)
    contents.changed(ports, zone)
    published.record_set_created(zone, record)
    return record


def change_record(
    ports: Ports, zone_id: str, record_id: str, body: Mapping[str, Any], expected: EntityTags | None
) -> Record:
    """Replace what a record set answers; answers that stay keep their health.

    Raises NotFound, VersionConflict, InvalidRecord, InvalidRouting or NameServerWithoutAddress.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    check_version(record, expected)
    contents.fill(record, zone, body)
    contents.check_name_servers(zone, record)
    RecordRepository().save(record)
    contents.changed(ports, zone)
    published.record_set_updated(zone, record)
    return record


def delete_record(ports: Ports, zone_id: str, record_id: str, expected: EntityTags | None) -> None:
    """Remove a record set.

    Raises NotFound, VersionConflict, ApexNameServers, or NameServerWithoutAddress for a name server's last.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    check_version(record, expected)
    records.check_removable(RecordType(record.type), record.name, zone.name)
    if record.name in RecordRepository().name_servers(zone):
        left = set(RecordRepository().types_at(zone, record.name)) - {RecordType(record.type)}
        glue.check_name_server(record.name, zone.name, left)
    record.version += 1
    contents.changed(ports, zone)
    published.record_set_deleted(zone, record)
    record.delete()


def set_health(zone_id: str, record_id: str, value: str, healthy: bool, expected: EntityTags | None) -> Record:
    """Tell whether an answer of a record set works; the serial stays, for no record changed.

    Raises NotFound or VersionConflict.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    record = RecordRepository().in_zone(zone, record_id)
    check_version(record, expected)
    normal = records.normalise(RecordType(record.type), value, zone.name)
    if normal not in record.values:
        raise NotFound(f"{record.name} has no answer {normal}")
    answers = [{**answer, "healthy": healthy} if answer["value"] == normal else answer for answer in record.answers]
    if answers != record.answers:
        record.answers = answers
        RecordRepository().save(record)
        published.record_set_health_changed(zone, record)
    return record
