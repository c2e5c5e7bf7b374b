"""What audits know of other services' resources."""

from __future__ import annotations

from services.compliance.operations.policies import ensure_baseline
from services.compliance.ports import Ports
from services.compliance.repository import mark_due, resources
from shared.events import Event
from shared.events.resources import DELETE, children_of, kind_of


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
    if row.deleted or (event.sequence <= row.sequence and not ended):
        return
    if ended or event.type.rpartition(".")[2] in kind.empties:
        resources.end_children(children_of(kind), event.subject)
    row.attributes = {**row.attributes, **event.data, "id": event.subject, "service": kind.service}
    parents = [(noun, row.attributes[name]) for name, noun in kind.parents.items() if row.attributes.get(name)]
    row.deleted = ended or resources.any_gone(parents)
    row.sequence = max(row.sequence, event.sequence)
    resources.save(row)
    ensure_baseline()
    mark_due(ports.clock.now())
