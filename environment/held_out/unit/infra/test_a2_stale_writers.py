"""A state is only moved on by whoever has seen its present version."""

from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.coordination import Companions, Put
from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_store import NewDocument, StateStore, StateVersion, StateVersionConflict, digest_of
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

CLOCK = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


def version(serial: int, name: str) -> StateVersion:
    return StateVersion("t1", "prod", serial, "L", "", f"{serial}-{name}.json", 0, "")


@FEW
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_of_writers_that_saw_older_heads_none_moves_the_state_on(seen: list[int]) -> None:
    index = EtcdStateIndex(MemoryEtcd(CLOCK))
    heads = [index.head("t1", "prod")]
    for number, back in enumerate(seen):
        chosen = heads[-1 - min(back, len(heads) - 1)]
        moved = index.advance(chosen, version(number + 1, f"w{number}"))
        assert moved is (chosen is heads[-1])
        if moved:
            heads.append(index.head("t1", "prod"))


def test_what_goes_beside_a_stale_write_is_not_written_either() -> None:
    etcd = MemoryEtcd(CLOCK)
    index = EtcdStateIndex(etcd)
    assert index.advance(None, version(1, "a"))
    stale = index.head("t1", "prod")
    assert index.advance(stale, version(2, "b"))
    assert not index.advance(stale, version(3, "c"), Companions(puts=[Put("/beside", b"1")]))
    assert etcd.get("/beside") is None
    assert [each.serial for each in index.versions("t1", "prod")] == [1, 2]


class Blobs:
    """An object store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_stream(self, bucket: str, name: str, stream: BinaryIO, *, content_type: str = "") -> None:
        self.objects[name] = stream.read()

    def erase(self, bucket: str, name: str) -> None:
        del self.objects[name]


def test_the_second_of_two_documents_upon_one_head_is_refused_and_leaves_nothing() -> None:
    blobs = Blobs()
    store = StateStore(EtcdStateIndex(MemoryEtcd(CLOCK)), blobs, CLOCK)  # type: ignore[arg-type]

    def document(text: bytes, serial: int) -> NewDocument:
        return NewDocument(BytesIO(text), len(text), digest_of(text), "L", serial)

    store.put(None, "t1", "prod", document(b"{}", 4))
    head = store.present("t1", "prod")
    store.put(head, "t1", "prod", document(b"[1]", 5))
    with pytest.raises(StateVersionConflict):
        store.put(head, "t1", "prod", document(b"[2]", 9))
    assert sorted(blobs.objects.values()) == [b"[1]", b"{}"]
    assert store.head("t1", "prod") == store.history("t1", "prod")[0]
