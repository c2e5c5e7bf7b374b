"""The hash chain of one tenant's audit records.

Each record's hash covers every one of its fields, the sequence number and the hash before it, over canonical JSON
(RFC 8785), so that no record can be changed, removed, inserted or moved without a break that verification finds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import rfc8785

from services.audit.domain.gaps import Coverage, Gap
from services.audit.domain.removals import NOTHING_REMOVED, Removal

GENESIS = "0" * 64
"""The previous hash of a tenant's first record."""
NUMBERS = frozenset({"source", "source_sequence"})
"""What isn't in the hash of a record that doesn't have both."""


@dataclass(frozen=True)
class Entry:
    """What happened: who did what to which resource, when, under which request."""

    event_id: str
    type: str
    subject: str
    actor: str
    time: str
    correlation_id: str
    data: Mapping[str, Any]
    source: str | None = None
    source_sequence: int | None = None
    """Which of the events of its source in the tenant it is; records from before there were such numbers have none."""


@dataclass(frozen=True)
class Record:
    """An entry at its place in the chain."""

    tenant_id: str
    sequence: int
    entry: Entry
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The end of a chain: how many records there are, and the last one's hash."""

    sequence: int
    hash: str


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True)
class Verification:
    """The result of checking a chain. `first_invalid` is the sequence at which it breaks, with the reason.

    A valid chain holds what came in as it came in. `gaps` tells what didn't come in: a chain without any is complete.
    """

    valid: bool
    records: int
    head: Head
    first_invalid: int | None = None
    reason: str | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether no source has sent anything, before what is there, that isn't."""
        return not self.gaps


def record_time(moment: datetime) -> str:
    """A time in the one form that goes into hashes: UTC, microseconds, `Z`. As text it sorts as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def record_hash(tenant_id: str, sequence: int, entry: Entry, previous_hash: str) -> str:
    """The SHA-256 of a record in canonical JSON, as hex."""
    content = {"tenant_id": tenant_id, "sequence": sequence, "previous_hash": previous_hash, **asdict(entry)}
    for name in NUMBERS - numbers_of(entry).keys():
        del content[name]
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def numbers_of(entry: Entry) -> dict[str, str | int]:
    """What is said of an entry's source, if anything is: records from before that have nothing there to be hashed."""
    if entry.source is None or entry.source_sequence is None:
        return {}
    return {"source": entry.source, "source_sequence": entry.source_sequence}


def count(coverage: Coverage, entry: Entry) -> None:
    """Note an entry's number, if it has one."""
    if entry.source is not None and entry.source_sequence is not None:
        coverage.add(entry.source, entry.source_sequence)


def append(tenant_id: str, head: Head, entry: Entry) -> Record:
    """The entry as the chain's next record."""
    sequence = head.sequence + 1
    return Record(tenant_id, sequence, entry, head.hash, record_hash(tenant_id, sequence, entry, head.hash))


def with_later(records: Iterable[Record], after: Callable[[Head], Iterable[Record]]) -> Iterator[Record]:
    """Records, and what has come after them by the time that they are read: it may have been signed already.

    `after` gives the records after a head, as they are when it is called.
    """
    head = EMPTY
    for record in records:
        head = Head(record.sequence, record.hash)
        yield record
    yield from after(head)


def verify(
    tenant_id: str,
    records: Iterable[Record],
    signed: Iterable[Head] = (),
    start: Head = EMPTY,
    removal: Removal = NOTHING_REMOVED,
) -> Verification:
    """Check a chain against its hashes and against every head of it that was signed and kept elsewhere, in order.

    `start` is what the first record follows: the whole chain's beginning, or a head that is known to be right. A chain
    that is shorter than a signed head, or has another hash there, was cut off or rewritten. The first place at which
    anything is wrong is told. With a `removal`, which was signed too, the chain may begin anywhere up to there; what
    it begins with goes on from what was signed for its beginning, or leads to what was signed next.
    """
    found, heads = iter(records), iter(signed)
    expected = next(heads, None)  # Before any record is asked for: what grows meanwhile holds what was signed by then.
    first = next(found, None)
    if first is not None and start == EMPTY and 1 < first.sequence <= removal.begins_after + 1:
        start = Head(first.sequence - 1, first.previous_hash)
    head, coverage = start, Coverage(removal.covered)
    while expected is not None and expected.sequence <= start.sequence:
        if expected.sequence == start.sequence and expected.hash != start.hash:
            return Verification(False, 0, head, start.sequence + 1, "it doesn't go on from what was signed before it")
        expected = next(heads, None)
    for record in chain([first] if first else [], found):
        reason = _broken(tenant_id, record, head)
        if reason:
            return Verification(False, head.sequence, head, record.sequence, reason)
        head = Head(record.sequence, record.hash)
        if record.sequence > removal.begins_after:
            count(coverage, record.entry)
        while expected is not None and expected.sequence <= head.sequence:
            if expected.sequence == head.sequence and expected.hash != head.hash:
                return Verification(False, head.sequence - 1, head, head.sequence, "another hash was signed for it")
            expected = next(heads, None)
    if expected is not None and expected.sequence > head.sequence:
        reason = f"{expected.sequence} records were signed for, the chain has {head.sequence}"
        return Verification(False, head.sequence, head, head.sequence + 1, reason)
    return Verification(True, head.sequence, head, gaps=coverage.gaps())


def _broken(tenant_id: str, record: Record, head: Head) -> str | None:
    """Why the record doesn't follow the head; None when it does."""
    if record.sequence != head.sequence + 1:
        return f"record {head.sequence + 1} is missing"
    if record.previous_hash != head.hash:
        return "the previous hash is not that of the record before"
    if record.tenant_id != tenant_id:
        return "the record is another tenant's"
    try:
        expected = record_hash(tenant_id, record.sequence, record.entry, record.previous_hash)
    except rfc8785.CanonicalizationError:
        return "the content is nothing that was ever hashed"
    return None if record.hash == expected else "the content doesn't match its hash"
