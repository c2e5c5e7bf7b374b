"""Content that is read in verified pieces, whole or a part of it.

An object's digest can only be judged when all of it has been read. Content is therefore kept with the digests of the
pieces that it came in (one for a plain upload, one for each part of a multi-part upload): what is read of it is
compared piece by piece, and a range needs the pieces that it touches and no others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.infra.object_store import ObjectStore, verify

HELD_BYTES = 16 * 2**20
"""A piece up to this size is read whole and verified before any of it is handed out."""


@dataclass(frozen=True)
class Piece:
    """A run of bytes and the hex SHA-256 of it; an empty digest can't be judged."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Touched:
    """A piece that a range touches: where it lies in the content, and which of its bytes are wanted (half open)."""

    offset: int
    piece: Piece
    start: int
    end: int

    @property
    def whole(self) -> bool:
        """Whether all of the piece is wanted."""
        return (self.start, self.end) == (0, self.piece.size)


def touched(pieces: Sequence[Piece], first: int, last: int) -> list[Touched]:
    """The pieces that hold bytes `first` to `last`, both included, in order."""
    found: list[Touched] = []
    offset = 0
    for piece in pieces:
        start, end = max(first - offset, 0), min(last + 1 - offset, piece.size)
        if start < end:
            found.append(Touched(offset, piece, start, end))
        offset += piece.size
    return found


def read(store: ObjectStore, bucket: str, name: str, pieces: Sequence[Piece], first: int, last: int) -> Iterator[bytes]:
    """Bytes `first` to `last` of an object, both included. Raises ObjectCorrupted, ObjectNotFound.

    What is corrupted never comes out whole: the last bytes of a piece are held back until its digest is known to be
    right. Only a range that lies within a piece larger than `HELD_BYTES` can't be judged.
    """
    for each in touched(pieces, first, last):
        if each.piece.size <= HELD_BYTES:
            yield _held(store, bucket, name, each)
        elif each.whole:
            yield from _streamed(store, bucket, name, each)
        else:
            yield from store.stream_range(bucket, name, each.offset + each.start, each.end - each.start)


def _held(store: ObjectStore, bucket: str, name: str, each: Touched) -> bytes:
    content = b"".join(store.stream_range(bucket, name, each.offset, each.piece.size))
    verify(bucket, name, each.piece.sha256, hashlib.sha256(content).hexdigest())
    return content[each.start : each.end]


def _streamed(store: ObjectStore, bucket: str, name: str, each: Touched) -> Iterator[bytes]:
    digest = hashlib.sha256()
    held = b""
    for chunk in store.stream_range(bucket, name, each.offset, each.piece.size):
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    verify(bucket, name, each.piece.sha256, digest.hexdigest())
    yield held
