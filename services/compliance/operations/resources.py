"""What audits know of other services' resources."""

from __future__ import annotations

from services.compliance.models import KnownResource
from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import EMPTIED_AT, mark_due, resources
from shared.events import Event
from shared.events.resources import DELETE, ResourceKind, children_of, kind_of

OF_CONTENTS = frozenset({"contents", "part", "parts"})
"""What an event tells of things below its resource, and not of itself."""


def note_resource(ports: Ports, event: Event) -> None:
    """Remember a resource as its service tells of it; the next audit looks at it.

    What is older than what is known changes nothing, and what is gone stays so: identifiers aren't used twice. What
    goes with its parent, without an event of its own, goes here as well, even where its own event comes later.
    """
    kind = kind_of(event.stream)
    if kind is None:
        return
    row = resources.of(kind.noun, event.subject) or resources.new(kind.noun, event.subject)
    ended = kind.verb(event) == DELETE
    if not row.deleted and event.type.rpartition(".")[2] in kind.empties:
        _replace_contents(ports, kind, row, event)
    if row.deleted or (event.sequence <= row.sequence and not ended):
        return
    if ended:
        resources.end_children(children_of(kind), event.subject)
    told = {name: value for name, value in event.data.items() if name not in OF_CONTENTS}
    row.attributes = {**row.attributes, **told, "id": event.subject, "service": kind.service}
    parents = [
        (noun, row.attributes[name], row.attributes.get(f"{noun}_version"))
        for name, noun in kind.parents.items()
        if row.attributes.get(name)
    ]
    row.deleted = ended or resources.any_gone(parents)
    row.sequence = max(row.sequence, event.sequence)
    resources.save(row)
    ensure_baseline()
    mark_due(ports.clock.now())


def _replace_contents(ports: Ports, kind: ResourceKind, row: KnownResource, event: Event) -> None:
    """What was below a resource before a version of it is gone; what the event tells of is there instead, unless that
    is gone by a later version already. Counts in whatever order the events come."""
    emptied_at = max(event.sequence, row.attributes.get(EMPTIED_AT, event.sequence))
    before, newest = (f"{kind.noun}_version", event.sequence), event.sequence > row.sequence
    # What doesn't say when it was told of may have come after an event that comes late.
    resources.end_children(children_of(kind), event.subject, before, undated=newest)
    if event.sequence == emptied_at:
        for noun, found in event.data.get("contents", {}).items():
            resources.add_new(noun, [{**each, "service": kind.service} for each in found])
    row.attributes = {**row.attributes, EMPTIED_AT: emptied_at}
    resources.save(row)
    ensure_baseline()
    mark_due(ports.clock.now())
