"""Content that is verified piece by piece as it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.infra import pieces as module
from shared.infra.object_store import ObjectCorrupted, ObjectStore
from shared.infra.pieces import Piece, read, touched


class Store:
    """One object, handed out in chunks of three bytes; remembers which bytes were asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[tuple[int, int]] = []

    def stream_range(self, bucket: str, name: str, offset: int, length: int) -> Iterator[bytes]:
        assert length >= 1
        self.asked.append((offset, length))
        wanted = self.content[offset : offset + length]
        yield from (wanted[at : at + 3] for at in range(0, len(wanted), 3))


def pieces_of(*parts: bytes) -> list[Piece]:
    return [Piece(len(part), hashlib.sha256(part).hexdigest()) for part in parts]


def got(store: Any, pieces: list[Piece], first: int, last: int) -> bytes:
    return b"".join(read(cast(ObjectStore, store), "b", "n", pieces, first, last))


@given(st.lists(st.binary(max_size=9), max_size=6), st.integers(0, 60), st.integers(0, 60))
def test_every_range_is_the_slice_of_the_whole(parts: list[bytes], first: int, last: int) -> None:
    whole = b"".join(parts)
    assert got(Store(whole), pieces_of(*parts), first, last) == whole[first : last + 1]


def test_a_range_reads_the_pieces_that_it_touches_and_no_others() -> None:
    store = Store(b"aaabbbccc")
    assert got(store, pieces_of(b"aaa", b"bbb", b"ccc"), 4, 6) == b"bbc"
    assert store.asked == [(3, 3), (6, 3)]


def test_a_corrupted_piece_hands_nothing_out() -> None:
    handed: list[bytes] = []
    with pytest.raises(ObjectCorrupted):
        handed.extend(read(cast(ObjectStore, Store(b"aaaXbb")), "b", "n", pieces_of(b"aaa", b"bbb"), 0, 4))
    assert b"".join(handed) == b"aaa"


def test_a_large_piece_is_streamed_and_its_end_held_back_until_it_is_known_to_be_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 4)
    assert got(Store(b"abcdefgh"), pieces_of(b"abcdefgh"), 0, 7) == b"abcdefgh"
    handed: list[bytes] = []
    with pytest.raises(ObjectCorrupted):
        handed.extend(read(cast(ObjectStore, Store(b"abcdefgX")), "b", "n", pieces_of(b"abcdefgh"), 0, 7))
    assert b"".join(handed) == b"abcdef"


def test_a_range_within_a_large_piece_is_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 4)
    store = Store(b"abcdefgh")
    assert got(store, pieces_of(b"abcdefgh"), 2, 3) == b"cd"
    assert store.asked == [(2, 2)]


def test_a_piece_without_a_digest_is_read_as_it_is() -> None:
    assert got(Store(b"abc"), [Piece(3, "")], 0, 2) == b"abc"
    assert touched([Piece(3, "")], 0, 2)[0].whole
