"""Every query of the audit service, scoped to one tenant each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import F, Q

from services.audit.domain.chain import EMPTY, GENESIS, Entry, Head, Record
from services.audit.models import AuditRecord, ChainHead, LegalHold, Retention
from shared.errors import NotFound
from shared.infra.db.django import TenantRepository
from shared.utils.pagination import InvalidCursor, Page, PageRequest

CHUNK = 2000
LONGEST_SEQUENCE = 18
"""Digits of the highest place in a chain."""


def locked_head(tenant_id: str) -> ChainHead:
    """The tenant's head, held until the transaction ends; made on first use."""
    ChainHead.objects.get_or_create(tenant_id=tenant_id, defaults={"hash": GENESIS})
    return ChainHead.objects.select_for_update().get(tenant_id=tenant_id)


def has_event(tenant_id: str, event_id: str) -> bool:
    """Whether the event is in the chain already."""
    return AuditRecord.objects.filter(tenant_id=tenant_id, event_id=event_id).exists()


def insert(record: Record, head: ChainHead) -> None:
    """Append a record and move the head, which the caller holds."""
    entry = record.entry
    AuditRecord.objects.create(
        tenant_id=record.tenant_id,
        sequence=record.sequence,
        event_id=entry.event_id,
        type=entry.type,
        subject=entry.subject,
        actor=entry.actor,
        time=entry.time,
        correlation_id=entry.correlation_id,
        data=entry.data,
        previous_hash=record.previous_hash,
        hash=record.hash,
        source=entry.source,
        source_sequence=entry.source_sequence,
    )
    head.sequence, head.hash = record.sequence, record.hash
    head.save(update_fields=["sequence", "hash"])


def chain(tenant_id: str, after: Head = EMPTY) -> Iterator[Record]:
    """The tenant's chain after a head, by default from its beginning, read in chunks."""
    rows = AuditRecord.objects.filter(tenant_id=tenant_id, sequence__gt=after.sequence).order_by("sequence")
    for row in rows.iterator(chunk_size=CHUNK):
        yield as_record(row)


def holds(tenant_id: str, head: Head) -> bool:
    """Whether the chain has that hash at that place."""
    return AuditRecord.objects.filter(tenant_id=tenant_id, sequence=head.sequence, hash=head.hash).exists()


def as_record(row: AuditRecord) -> Record:
    """A row as the domain sees it."""
    entry = Entry(
        row.event_id,
        row.type,
        row.subject,
        row.actor,
        row.time,
        row.correlation_id,
        row.data,
        row.source,
        row.source_sequence,
    )
    return Record(row.tenant_id, row.sequence, entry, row.previous_hash, row.hash)


def page(tenant_id: str, request: PageRequest, filters: dict[str, Any], sort: str) -> Page[AuditRecord]:
    """One page of records by `sequence` or `time`, the last first where a `-` stands before it."""
    query = AuditRecord.objects.filter(tenant_id=tenant_id, **filters)
    backward, column = sort.startswith("-"), sort.removeprefix("-")
    than = "lt" if backward else "gt"
    if column == "time":
        query = query.order_by(*(("-time", "-sequence") if backward else ("time", "sequence")))
        if position := request.position(2):
            time, sequence = position[0], _sequence(position[1])
            later, same = Q(**{f"time__{than}": time}), Q(**{"time": time, f"sequence__{than}": sequence})
            query = query.filter(later | same)
        return Page.of(list(query[: request.limit + 1]), request, lambda row: (row.time, str(row.sequence)))
    query = query.order_by(sort)
    if position := request.position():
        query = query.filter(**{f"sequence__{than}": _sequence(position[0])})
    return Page.of(list(query[: request.limit + 1]), request, lambda row: (str(row.sequence),))


def _sequence(text: str) -> int:
    """The place in the chain that a cursor names. Raises InvalidCursor."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_SEQUENCE):
        raise InvalidCursor("the cursor is not one of this list's")
    return int(text)


def one(tenant_id: str, sequence: int) -> AuditRecord:
    """One record by its place. Raises NotFound."""
    row = AuditRecord.objects.filter(tenant_id=tenant_id, sequence=sequence).first()
    if row is None:
        raise NotFound(f"there is no audit record {sequence}")
    return row


class Retentions(TenantRepository[Retention]):
    """How long records are kept."""

    model = Retention

    def own(self, *, lock: bool = False) -> Retention | None:
        """The tenant's; None where nobody has said."""
        query = self.scoped()
        row: Retention | None = (query.select_for_update() if lock else query).first()
        return row

    def limited(self) -> list[str]:
        """The tenants whose records aren't kept for ever."""
        rows = Retention.objects.filter(days__isnull=False).order_by("tenant_id")
        return list(rows.values_list("tenant_id", flat=True))


class LegalHolds(TenantRepository[LegalHold]):
    """What is held."""

    model = LegalHold

    def count(self) -> int:
        """How many the tenant has."""
        return int(self.scoped().count())

    def delete(self, row: LegalHold) -> None:
        """Hold it no longer."""
        row.delete()


def first_kept(tenant_id: str, before: str, after: int) -> int | None:
    """The first place after another whose record is held, or isn't older than a time; None when all are."""
    kept = Q(time__gte=before)
    for hold in LegalHold.objects.filter(tenant_id=tenant_id):
        kept |= held_by(hold)
    found = AuditRecord.objects.filter(kept, tenant_id=tenant_id, sequence__gt=after).order_by("sequence")
    return found.values_list("sequence", flat=True).first()


def held_by(hold: LegalHold) -> Q:
    """The records that a hold keeps."""
    conditions = {
        "subject": hold.subject, "actor": hold.actor, "time__gte": hold.begins_at, "time__lt": hold.ends_at,
    }  # fmt: skip
    return Q(sequence__gt=0, **{name: value for name, value in conditions.items() if value is not None})


def remove_until(head: ChainHead, sequence: int) -> int:
    """Remove the first records of a chain whose head the caller holds; how many there were."""
    head.removed_sequence = sequence
    head.save(update_fields=["removed_sequence"])
    gone, _ = AuditRecord.objects.filter(tenant_id=head.tenant_id, sequence__lte=sequence).delete()
    return gone


def present_head(tenant_id: str) -> ChainHead:
    """The tenant's head as it is, held by nobody; there is one."""
    return ChainHead.objects.get(tenant_id=tenant_id)


def heads_without_checkpoint() -> list[ChainHead]:
    """Heads of all tenants that have moved since their last checkpoint."""
    return list(ChainHead.objects.filter(sequence__gt=F("checkpoint_sequence")).order_by("tenant_id"))


def claim_checkpoints(tenant_id: str) -> bool:
    """Become the one who signs for a tenant, until the transaction ends. False while another does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"checkpoints:{tenant_id}",))
        return bool(cursor.fetchone()[0])


def mark_checkpoint(tenant_id: str, head: Head) -> None:
    """Note up to where the tenant's chain is under a checkpoint."""
    ChainHead.objects.filter(tenant_id=tenant_id, checkpoint_sequence__lt=head.sequence).update(
        checkpoint_sequence=head.sequence
    )


retentions = Retentions()
legal_holds = LegalHolds()
