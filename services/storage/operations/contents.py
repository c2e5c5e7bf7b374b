"""The content of a version: all of it or a range, verified as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from services.storage.domain.conditions import Conditions, is_modified, range_applies
from services.storage.domain.ranges import ByteRange, parse_range
from services.storage.ports import Ports
from services.storage.tables import ObjectVersion
from shared.errors import DeadlineExceeded
from shared.infra.pieces import HELD_BYTES, Piece, read


@dataclass(frozen=True)
class Reading:
    """What a read asks for beside the name: conditions, and a range that may have one of its own."""

    conditions: Conditions
    range: str | None = None
    if_range: str | None = None


@dataclass(frozen=True)
class Portion:
    """Bytes of a version; `range` is None for all of them. `held` is small enough for that, `chunks` come later."""

    range: ByteRange | None
    length: int
    held: bytes | None
    chunks: Iterator[bytes]


def is_wanted(version: ObjectVersion, reading: Reading) -> bool:
    """Whether the client hasn't got this version. Raises PreconditionFailed."""
    return is_modified(reading.conditions, version.etag, version.created_at)


def portion(ports: Ports, version: ObjectVersion, reading: Reading) -> Portion:
    """What is asked for of a version's content. Raises RangeNotSatisfiable, ObjectCorrupted and ObjectNotFound.

    The first bytes are there when this returns, so that a store that is away shows as that. A larger content is read
    while it is sent; should a later piece be corrupted, or all of it take longer than a read may, the answer breaks off
    before its end.
    """
    applies = range_applies(reading.if_range, version.etag, version.created_at)
    asked = parse_range(reading.range, version.size) if applies else None
    first, last = (asked.first, asked.last) if asked else (0, version.size - 1)
    length = last - first + 1
    pieces = [Piece(size, sha256) for size, sha256 in version.pieces] or [Piece(version.size, "")]
    chunks = read(ports.store, ports.settings.object_bucket, version.blob, pieces, first, last)
    with ports.store_rooms.room():
        if length <= HELD_BYTES:
            return Portion(asked, length, b"".join(chunks), iter(()))
        return Portion(asked, length, None, in_time(ports, chain([next(chunks)], chunks)))


def in_time(ports: Ports, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, as long as a read may take: what is replaced or deleted meanwhile isn't kept for longer.

    Raises DeadlineExceeded.
    """
    due = ports.clock.monotonic() + ports.settings.read_seconds
    for chunk in chunks:
        if ports.clock.monotonic() > due:
            raise DeadlineExceeded(f"a read takes at most {ports.settings.read_seconds:g} seconds")
        yield chunk
