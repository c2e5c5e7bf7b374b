"""What the platform's name servers answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from services.dns.domain import names, resolution, routing
from services.dns.domain.records import RecordType
from services.dns.domain.routing import Answer
from services.dns.domain.soa import negative_ttl
from services.dns.ports import Ports
from services.dns.repository import StoredContents, ZoneRepository


def resolve(ports: Ports, name: str, kind: RecordType, region: str) -> dict[str, Any]:
    """The answer for a name of the tenant's, with routing and health applied. Raises InvalidName."""
    asked, zones = names.canonical(name), ZoneRepository().names()
    held_by = names.enclosing_zone(asked, list(zones))
    if held_by is None:
        return {"name": asked, "status": resolution.Status.REFUSED.value, "answers": [], "authority": []}
    zone = ZoneRepository().get(zones[held_by])
    found = resolution.find(asked, kind, zone.name, StoredContents(zone), partial(_choose, ports, region))
    answers = [line for step in found.chain for line in _lines(step.owner, step.record_set, step.answers)]
    referral = found.referral
    authority = _lines(referral.name, referral, referral.answers) if referral else []
    if found.negative:
        ttl = negative_ttl(zone.soa())
        authority = [{"name": zone.name, "type": "SOA", "ttl": ttl, "value": zone.soa().data()}]
    return {"name": asked, "status": found.status.value, "answers": answers, "authority": authority}


def _choose(ports: Ports, region: str, found: resolution.RecordSet) -> Sequence[Answer]:
    draw = ports.draw(routing.total_weight(found.answers))
    return routing.select(found.policy, found.answers, draw=draw, region=region)


def _lines(owner: str, found: resolution.RecordSet, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"name": owner, "type": found.type, "ttl": found.ttl, "value": answer.value} for answer in answers]
