"""Zones as files, in and out."""

from __future__ import annotations

from services.dns import published
from services.dns.domain import zonefile
from services.dns.domain.records import RecordType
from services.dns.models import Zone
from services.dns.operations import contents
from services.dns.ports import Ports
from services.dns.repository import RecordRepository, ZoneRepository


def import_zone_file(ports: Ports, zone_id: str, text: str) -> Zone:
    """Put the record sets of a zone file in the place of the zone's; all of them, or none.

    A file without name servers at the apex keeps the platform's. Raises NotFound, InvalidZoneFile, InvalidRecord,
    InvalidName or CnameConflict.
    """
    zone = ZoneRepository().get(zone_id, lock=True)
    parsed = zonefile.parse(text, zone.name, zone.soa_ttl)
    rows = [contents.simple(zone, each.name, each.type, each.ttl, each.values) for each in parsed]
    if not any(row.name == zone.name and row.type == RecordType.NS for row in rows):
        rows.append(contents.name_servers(ports, zone))
    RecordRepository().replace_all(zone, rows)
    contents.changed(ports, zone)
    published.zone_imported(zone, record_sets=len(rows))
    return zone


def export_zone_file(zone_id: str) -> str:
    """The zone as a file that other name servers load. Raises NotFound."""
    zone = ZoneRepository().get(zone_id)
    return zonefile.render(zone.name, zone.soa(), [row.record_set() for row in RecordRepository().of(zone)])
