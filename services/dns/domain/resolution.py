"""How a name server answers from a zone: RFC 1034 §4.3.2, with wildcards as RFC 4592 has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.dns.domain.names import ROOT, ancestors, is_within
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


class Contents(Protocol):
    """What a zone holds. Each question is answered without looking at all of it."""

    def at(self, name: str) -> Mapping[RecordType, RecordSet]:
        """The record sets of a name by type; nothing where there are none."""

    def holds_below(self, name: str) -> bool:
        """Whether there are record sets below a name."""


class Held:
    """Contents that are all there."""

    def __init__(self, record_sets: Iterable[RecordSet]) -> None:
        self._names: dict[str, dict[RecordType, RecordSet]] = {}
        for record_set in record_sets:
            self._names.setdefault(record_set.name, {})[record_set.type] = record_set
        self._above = {above for name in self._names for above in ancestors(name, ROOT)}

    def at(self, name: str) -> Mapping[RecordType, RecordSet]:
        """The record sets of a name by type."""
        return self._names.get(name, {})

    def holds_below(self, name: str) -> bool:
        """Whether there are record sets below a name."""
        return name in self._above


def contents(record_sets: Iterable[RecordSet]) -> Contents:
    """These record sets as what a zone holds."""
    return Held(record_sets)


def node(name: str, zone: str, names: Contents) -> Mapping[RecordType, RecordSet] | None:
    """What the zone has for a name: its own record sets, those of the wildcard that covers it, or None.

    A name that exists, if only because something lies below it, is not covered by a wildcard. The wildcard is the one
    directly below the closest encloser, and no other.
    """
    if found := names.at(name):
        return found
    if names.holds_below(name):
        return {}
    for ancestor in ancestors(name, zone):
        if ancestor == zone or names.at(ancestor) or names.holds_below(ancestor):
            return names.at(f"*.{ancestor}") or None
    return None


def delegation(name: str, zone: str, names: Contents) -> RecordSet | None:
    """The name servers below the apex to which the name's part of the tree is delegated, topmost first."""
    for place in reversed([name, *ancestors(name, zone)]):
        if place != zone and RecordType.NS in names.at(place):
            return names.at(place)[RecordType.NS]
    return None


@dataclass(frozen=True)
class Step:
    """One record set of an answer, under the name that was asked for, with the answers that its routing chose."""

    owner: str
    record_set: RecordSet
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Resolution:
    """What a question leads to: the steps from the asked name on, and a referral when there is one."""

    status: Status
    chain: Sequence[Step]
    referral: RecordSet | None = None
    leads_to: str | None = None
    """The target of the last alias, where that lies outside of the zone or below another one that is hosted."""
    negative: bool = False
    """Whether the zone itself says that there is nothing, so that its SOA belongs into the answer (RFC 2308 §2)."""


def find(
    name: str,
    kind: RecordType,
    zone: str,
    names: Contents,
    choose: Callable[[RecordSet], Sequence[Answer]],
    elsewhere: Callable[[str], bool] = lambda name: False,
) -> Resolution:
    """What a question leads to. `choose` applies a record set's routing, once for each.

    Aliases are followed inside the zone, to the target that was chosen; `elsewhere` says of a name in it that a zone
    further down has it. At a delegation the zone refers, also for the name servers themselves; only DS is the parent's
    (RFC 4035 §3.1.4.1).
    """
    chain: list[Step] = []
    for _ in range(MAX_ALIASES + 1):
        referral = delegation(name, zone, names)
        if referral is not None and not (kind is RecordType.DS and name == referral.name):
            return Resolution(Status.NOERROR, chain, referral)
        found = node(name, zone, names)
        if found is None:
            return Resolution(Status.NXDOMAIN, chain, negative=True)
        if kind in found:
            return Resolution(Status.NOERROR, [*chain, Step(name, found[kind], choose(found[kind]))])
        if RecordType.CNAME not in found:
            return Resolution(Status.NOERROR, chain, negative=True)
        alias = found[RecordType.CNAME]
        chain.append(Step(name, alias, choose(alias)))
        name = chain[-1].answers[0].value
        if not is_within(name, zone) or elsewhere(name):
            return Resolution(Status.NOERROR, chain, leads_to=name)
    return Resolution(Status.SERVFAIL, [])
