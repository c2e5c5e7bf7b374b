"""Use cases of the audit service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.audit import repository
from services.audit.checkpoints import CheckpointStore, ForgedCheckpoint
from services.audit.domain.chain import EMPTY, Entry, Head, Verification, append, record_time, verify
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
    )
    repository.insert(append(event.tenant_id, Head(head.sequence, head.hash), entry), head)


def verify_chain(tenant_id: str, checkpoints: CheckpointStore) -> tuple[Verification, Head]:
    """Check the tenant's whole chain against its hashes and its newest checkpoint; also returns that one's head."""
    try:
        newest = checkpoints.newest(tenant_id)
    except ForgedCheckpoint as error:
        return Verification(False, 0, EMPTY, None, error.detail), EMPTY
    known = newest.head if newest else EMPTY
    return verify(tenant_id, repository.chain(tenant_id), known if known.sequence else None), known


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
        }
