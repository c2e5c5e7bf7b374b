"""Records: every event a link of its tenant's chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.audit import repository
from services.audit.domain.chain import Entry, Head, append, numbers_of, record_time
from shared.events import Event


def record(event: Event) -> None:
    """Append an event to its tenant's chain; an event that is in it already changes nothing."""
    head = repository.locked_head(event.tenant_id)
    if repository.has_event(event.tenant_id, event.id):
        return
    entry = Entry(
        event_id=event.id,
        type=event.type,
        subject=event.subject,
        actor=event.actor,
        time=record_time(event.time),
        correlation_id=event.correlation_id,
        data=dict(event.data),
        source=event.source if event.source_sequence is not None else None,
        source_sequence=event.source_sequence,
    )
    repository.insert(append(event.tenant_id, Head(head.sequence, head.hash), entry), head)


def export(tenant_id: str) -> Iterator[dict[str, Any]]:
    """The tenant's records in chain order, each with everything that its hash covers."""
    for item in repository.chain(tenant_id):
        entry = item.entry
        yield {
            "tenant_id": item.tenant_id,
            "sequence": item.sequence,
            "event_id": entry.event_id,
            "type": entry.type,
            "subject": entry.subject,
            "actor": entry.actor,
            "time": entry.time,
            "correlation_id": entry.correlation_id,
            "data": entry.data,
            "previous_hash": item.previous_hash,
            "hash": item.hash,
            **numbers_of(entry),
        }
