"""How a name server answers from a zone: RFC 1034 §4.3.2, with wildcards as RFC 4592 has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.dns.domain.names import ancestors, is_within
from services.dns.domain.records import RecordType
from services.dns.domain.routing import Answer, Policy

MAX_ALIASES = 8
"""How many CNAMEs are followed before it counts as a loop."""


class Status(StrEnum):
    """The response code, and whether there is data."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    REFUSED = "REFUSED"
    SERVFAIL = "SERVFAIL"


@dataclass(frozen=True)
class RecordSet:
    """All records of one name and type."""

    name: str
    type: RecordType
    ttl: int
    policy: Policy
    answers: tuple[Answer, ...]

    @property
    def values(self) -> list[str]:
        """All values, whatever the routing."""
        return [answer.value for answer in self.answers]


Contents = Mapping[str, Mapping[RecordType, RecordSet]]
"""Record sets of a zone by name and type."""


def contents(record_sets: Iterable[RecordSet]) -> Contents:
    """Record sets by name and type."""
    found: dict[str, dict[RecordType, RecordSet]] = {}
    for record_set in record_sets:
        found.setdefault(record_set.name, {})[record_set.type] = record_set
    return found


def node(name: str, zone: str, names: Contents) -> Mapping[RecordType, RecordSet] | None:
    """What the zone has for a name: its own record sets, those of the wildcard that covers it, or None.

    A name that exists, if only because something lies below it, is not covered by a wildcard. The wildcard is the one
    directly below the closest encloser, and no other.
    """
    if name in names:
        return names[name]
    if any(is_within(other, name) for other in names):
        return {}
    for ancestor in ancestors(name, zone):
        if ancestor == zone or any(is_within(other, ancestor) for other in names):
            return names.get(f"*.{ancestor}")
    return None


def delegation(name: str, zone: str, names: Contents) -> RecordSet | None:
    """The name servers below the apex to which the name's part of the tree is delegated, topmost first."""
    for place in reversed([name, *ancestors(name, zone)]):
        if place != zone and RecordType.NS in names.get(place, {}):
            return names[place][RecordType.NS]
    return None


def find(
    name: str, kind: RecordType, zone: str, names: Contents
) -> tuple[Status, list[tuple[str, RecordSet]], RecordSet | None]:
    """The status, the chain of (owner, record set) from the asked name on, and a referral when there is one.

    Aliases are followed inside the zone. No data is NOERROR with nothing at the end of the chain.
    """
    chain: list[tuple[str, RecordSet]] = []
    for _ in range(MAX_ALIASES + 1):
        referral = delegation(name, zone, names)
        if referral is not None and not (kind is RecordType.NS and name == referral.name):
            return Status.NOERROR, chain, referral
        found = node(name, zone, names)
        if found is None:
            return Status.NXDOMAIN, chain, None
        if kind in found:
            return Status.NOERROR, [*chain, (name, found[kind])], None
        if RecordType.CNAME not in found:
            return Status.NOERROR, chain, None
        alias = found[RecordType.CNAME]
        chain.append((name, alias))
        name = alias.answers[0].value
        if not is_within(name, zone):
            return Status.NOERROR, chain, None
    return Status.SERVFAIL, [], None
