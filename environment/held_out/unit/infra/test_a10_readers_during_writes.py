"""A reader that comes at any point of a write never leaves an older state in the cache."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from shared.infra.coordination import ALONE, Companions
from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_store import NewDocument, StateNotFound, StateStore, StateVersion, digest_of
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

CLOCK = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


class Moments:
    """Somebody who does something at one of the moments of a write."""

    def __init__(self) -> None:
        self.at = ""
        self.act: Callable[[], object] = lambda: None

    def reached(self, moment: str) -> None:
        """Act, once, if this is the moment."""
        if moment == self.at:
            self.at = ""
            self.act()


class Blobs:
    """An object store in memory."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments
        self.objects: dict[str, bytes] = {}

    def put(self, bucket: str, name: str, data: bytes, *, content_type: str = "") -> None:
        self._moments.reached("before the document")
        self.objects[name] = data
        self._moments.reached("after the document")

    def put_stream(self, bucket: str, name: str, stream: BinaryIO, *, content_type: str = "") -> None:
        self.put(bucket, name, stream.read())

    def get(self, bucket: str, name: str) -> bytes:
        return self.objects[name]

    def stream(self, bucket: str, name: str) -> Iterator[bytes]:
        yield self.objects[name]

    def erase(self, bucket: str, name: str) -> None:
        del self.objects[name]


class Index(EtcdStateIndex):
    """The index, with moments around its commits."""

    def __init__(self, etcd: MemoryEtcd, moments: Moments) -> None:
        super().__init__(etcd)
        self._moments = moments

    def advance(self, head: Any, version: StateVersion, companions: Companions = ALONE) -> bool:
        self._moments.reached("before the commit")
        moved = super().advance(head, version, companions)
        self._moments.reached("after the commit")
        return moved

    def remove(self, head: Any, companions: Companions = ALONE) -> bool:
        self._moments.reached("before the commit")
        return super().remove(head, companions)


class Cache:
    """A cache in memory that keeps what was loaded since the last invalidation."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}

    def get_or_load(self, tenant_id: str, namespace: str, key: str, load: Callable[[], Any]) -> Any:
        if (tenant_id, key) not in self.values:
            self.values[tenant_id, key] = json.loads(json.dumps(load()))
        return self.values[tenant_id, key]

    def delete(self, tenant_id: str, namespace: str, key: str) -> None:
        self.values.pop((tenant_id, key), None)


MOMENTS = ["before the document", "after the document", "before the commit", "after the commit"]


@pytest.mark.parametrize("kind", ["write", "put"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_whoever_reads_after_a_write_reads_what_was_written(kind: str, moment: str) -> None:
    moments = Moments()
    store = StateStore(Index(MemoryEtcd(CLOCK), moments), Blobs(moments), CLOCK, Cache())
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    store.read("t1", "prod")
    moments.at, moments.act = moment, lambda: store.read("t1", "prod")
    if kind == "write":
        store.write("t1", "prod", {"n": 2}, expected_serial=1, lineage="L")
        assert store.read("t1", "prod").body == {"n": 2}
    else:
        document = NewDocument(BytesIO(b"{}"), 2, digest_of(b"{}"), "L", 7)
        store.put(store.present("t1", "prod"), "t1", "prod", document)
    assert moments.at == ""
    assert store.read("t1", "prod").version == store.head("t1", "prod")


def test_whoever_reads_after_a_removal_finds_nothing() -> None:
    moments = Moments()
    store = StateStore(Index(MemoryEtcd(CLOCK), moments), Blobs(moments), CLOCK, Cache())
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    store.read("t1", "prod")
    moments.at, moments.act = "before the commit", lambda: store.read("t1", "prod")
    store.delete("t1", "prod", expected_serial=1)
    with pytest.raises(StateNotFound):
        store.read("t1", "prod")
