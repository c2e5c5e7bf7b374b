"""What the platform's name servers answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from services.dns.domain import names, resolution, routing
from services.dns.domain.records import RecordType
from services.dns.domain.resolution import Status
from services.dns.domain.routing import Answer
from services.dns.domain.soa import negative_ttl
from services.dns.ports import Ports
from services.dns.repository import StoredContents, ZoneRepository


def resolve(ports: Ports, name: str, kind: RecordType, region: str) -> dict[str, Any]:
    """The answer for a name of the tenant's, with routing and health applied. Raises InvalidName.

    Aliases are followed through the tenant's zones; what none of them has is the resolver's to ask (RFC 1034 §4.3.2).
    """
    asked, zones = names.canonical(name), ZoneRepository().names()
    if (holder := _holder(asked, kind, zones)) is None:
        return {"name": asked, "status": Status.REFUSED.value, "answers": [], "authority": []}
    chain: list[resolution.Step] = []
    target: str | None = asked
    while target is not None and (holder := _holder(target, kind, zones)) is not None:
        zone = ZoneRepository().get(zones[holder])
        elsewhere = partial(_is_elsewhere, kind=kind, zones=zones, here=holder)
        found = resolution.find(
            target, kind, zone.name, StoredContents(zone), partial(_choose, ports, region), elsewhere
        )
        chain += found.chain
        if found.status is Status.NXDOMAIN and target in zones:  # A zone that the one above doesn't delegate to.
            found = replace(found, status=Status.NOERROR)
        if found.status is Status.SERVFAIL or len(chain) > resolution.MAX_ALIASES + 1:
            found, chain = resolution.Resolution(Status.SERVFAIL, []), []
        target = found.leads_to
    answers = [line for step in chain for line in _lines(step.owner, step.record_set, step.answers)]
    referral = found.referral
    authority = _lines(referral.name, referral, referral.answers) if referral else []
    if found.negative:
        ttl = negative_ttl(zone.soa())
        authority = [{"name": zone.name, "type": "SOA", "ttl": ttl, "value": zone.soa().data()}]
    return {"name": asked, "status": found.status.value, "answers": answers, "authority": authority}


def _holder(name: str, kind: RecordType, zones: Mapping[str, str]) -> str | None:
    """The zone that answers for a name: the nearest, but of a zone's DS the one above it (RFC 4035 §3.1.4.1)."""
    above = [zone for zone in zones if not (kind is RecordType.DS and zone == name)]
    return names.enclosing_zone(name, above) or names.enclosing_zone(name, list(zones))


def _is_elsewhere(name: str, *, kind: RecordType, zones: Mapping[str, str], here: str) -> bool:
    return _holder(name, kind, zones) != here


def _choose(ports: Ports, region: str, found: resolution.RecordSet) -> Sequence[Answer]:
    draw = ports.draw(routing.total_weight(found.answers))
    return routing.select(found.policy, found.answers, draw=draw, region=region)


def _lines(owner: str, found: resolution.RecordSet, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"name": owner, "type": found.type, "ttl": found.ttl, "value": answer.value} for answer in answers]
