"""Zone files (RFC 1035 §5), rendered so that `named-checkzone` accepts them, and parsed with dnspython."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.rdataset
import dns.rdatatype
import dns.zone
import dns.zonefile

from services.dns.domain.errors import CnameConflict, InvalidZoneFile
from services.dns.domain.names import owner, relative
from services.dns.domain.records import RecordType, check_coexistence, check_ttl, normalise_all
from services.dns.domain.resolution import RecordSet
from services.dns.domain.soa import Soa

DIRECTIVES = ["$ORIGIN", "$TTL"]
TYPE_ORDER = {RecordType.NS: 0}
"""Name servers come first, as people write it; the rest follows by name."""


@dataclass(frozen=True)
class ParsedSet:
    """A record set as a zone file has it."""

    name: str
    type: RecordType
    ttl: int
    values: list[str]


def render(zone: str, soa: Soa, record_sets: Iterable[RecordSet]) -> str:
    """The zone's file: origin, SOA, then the record sets by name and type. All names are relative to the origin."""
    lines = [f"$ORIGIN {zone}", f"$TTL {soa.ttl}", f"@\t{soa.ttl}\tIN\tSOA\t{soa.data()}"]
    for record_set in sorted(record_sets, key=lambda found: _order(found, zone)):
        name = relative(record_set.name, zone)
        lines += [f"{name}\t{record_set.ttl}\tIN\t{record_set.type}\t{value}" for value in record_set.values]
    return "\n".join(lines) + "\n"


def parse(text: str, zone: str, default_ttl: int) -> list[ParsedSet]:
    """The record sets of a zone file, without its SOA; `default_ttl` holds until a $TTL.

    Only $ORIGIN and $TTL are followed: a tenant's text opens no file here ($INCLUDE) and makes no records by the
    million ($GENERATE). Raises InvalidZoneFile, InvalidRecord, InvalidName or CnameConflict.
    """
    try:
        parsed = dns.zone.from_text(
            f"$TTL {default_ttl}\n{text}", zone, relativize=False, check_origin=False, allow_directives=DIRECTIVES
        )
    except dns.zonefile.CNAMEAndOtherData as error:
        raise CnameConflict("a name has an alias and other records") from error
    except dns.exception.DNSException as error:
        raise InvalidZoneFile(f"the zone file is not valid: {error}") from error
    found = [
        _parsed_set(name.to_text(), dataset, zone)
        for name, dataset in parsed.iterate_rdatasets()
        if dataset.rdtype != dns.rdatatype.SOA
    ]
    for each in found:
        check_coexistence(each.type, each.name, zone, [other.type for other in found if other.name == each.name])
    return found


def _parsed_set(name: str, dataset: dns.rdataset.Rdataset, zone: str) -> ParsedSet:
    kind = _type(dns.rdatatype.to_text(dataset.rdtype))
    values = normalise_all(kind, [data.to_text() for data in dataset], zone)
    return ParsedSet(owner(name, zone), kind, check_ttl(dataset.ttl), values)


def _type(text: str) -> RecordType:
    try:
        return RecordType(text)
    except ValueError as error:
        raise InvalidZoneFile(f"records of type {text} are not kept here", type=text) from error


def _order(record_set: RecordSet, zone: str) -> tuple[bool, list[str], int, str]:
    labels = record_set.name.rstrip(".").split(".")[::-1]
    return record_set.name != zone, labels, TYPE_ORDER.get(record_set.type, 1), record_set.type.value
