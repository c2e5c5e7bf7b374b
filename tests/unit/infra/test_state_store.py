"""Versions of infrastructure state."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

import pytest

from shared.infra.coordination import ALONE, Companions, Put
from shared.infra.state_index import EtcdStateIndex
from shared.infra.state_store import (
    LineageMismatch,
    NewDocument,
    SavedPlan,
    StalePlan,
    StateCorrupted,
    StateNotFound,
    StateStore,
    StateVersion,
    StateVersionConflict,
    canonical,
    digest_of,
    ensure_plan_is_current,
    latest,
)
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd

CLOCK = FixedClock(datetime(2025, 6, 1, tzinfo=UTC))


class Blobs:
    """An object store in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, bucket: str, name: str, data: bytes, *, content_type: str = "") -> None:
        assert name not in self.objects, "an object was overwritten"
        self.objects[name] = data

    def put_stream(self, bucket: str, name: str, stream: BinaryIO, *, content_type: str = "") -> None:
        self.put(bucket, name, stream.read())

    def get(self, bucket: str, name: str) -> bytes:
        return self.objects[name]

    def stream(self, bucket: str, name: str) -> Iterator[bytes]:
        yield from (self.objects[name][start : start + 4] for start in range(0, len(self.objects[name]), 4))

    def erase(self, bucket: str, name: str) -> None:
        del self.objects[name]


class Cache:
    """A cache in memory; `after_delete` is a reader that comes right after an invalidation."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}
        self.after_delete: Callable[[], object] = lambda: None

    def get_or_load(self, tenant_id: str, namespace: str, key: str, load: Callable[[], Any]) -> Any:
        if (tenant_id, key) not in self.values:
            self.values[tenant_id, key] = load()
        return self.values[tenant_id, key]

    def delete(self, tenant_id: str, namespace: str, key: str) -> None:
        self.values.pop((tenant_id, key), None)
        self.after_delete()


@pytest.fixture
def blobs() -> Blobs:
    return Blobs()


@pytest.fixture
def store(blobs: Blobs) -> StateStore:
    return StateStore(EtcdStateIndex(MemoryEtcd(CLOCK)), blobs, CLOCK)


def version(serial: int, lineage: str = "L") -> StateVersion:
    return StateVersion("t1", "prod", serial, lineage, "", f"{serial}.json", 0, "")


def test_the_first_write_is_serial_one_and_is_read_back(store: StateStore) -> None:
    written = store.write("t1", "prod", {"resources": [{"id": "i-1"}]}, expected_serial=0, lineage="L")
    assert (written.serial, written.lineage) == (1, "L")
    assert written.digest == digest_of(b'{"resources":[{"id":"i-1"}]}')
    read = store.read("t1", "prod")
    assert (read.version, read.body) == (written, {"resources": [{"id": "i-1"}]})


def test_of_two_writers_of_one_version_the_second_is_refused(store: StateStore) -> None:
    store.write("t1", "prod", {"by": "first"}, expected_serial=0, lineage="L")
    with pytest.raises(StateVersionConflict) as refused:
        store.write("t1", "prod", {"by": "second"}, expected_serial=0, lineage="L")
    assert (refused.value.status, refused.value.code) == (409, "state_version_conflict")
    assert refused.value.extra == {"expected_serial": 0, "current_serial": 1}
    assert store.read("t1", "prod").body == {"by": "first"}


def test_a_writer_that_loses_between_reading_and_committing_is_refused_and_leaves_nothing(blobs: Blobs) -> None:
    etcd = MemoryEtcd(CLOCK)
    other = StateStore(EtcdStateIndex(etcd), blobs, CLOCK)

    class Interrupted(EtcdStateIndex):
        def advance(self, head: Any, version: StateVersion, companions: Companions = ALONE) -> bool:
            other.write("t1", "prod", {"by": "other"}, expected_serial=0, lineage="L")
            return super().advance(head, version, companions)

    with pytest.raises(StateVersionConflict):
        StateStore(Interrupted(etcd), blobs, CLOCK).write("t1", "prod", {"by": "us"}, expected_serial=0, lineage="L")
    assert other.read("t1", "prod").body == {"by": "other"}
    assert list(blobs.objects.values()) == [b'{"by":"other"}']


def test_a_state_that_was_changed_and_changed_back_is_another_state(blobs: Blobs) -> None:
    etcd = MemoryEtcd(CLOCK)
    index = EtcdStateIndex(etcd)
    store = StateStore(index, blobs, CLOCK)
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    seen = index.head("t1", "prod")
    assert seen is not None
    assert index.advance(seen, version(2))
    assert index.advance(index.head("t1", "prod"), seen.version)
    back = index.head("t1", "prod")
    assert back is not None
    assert back.version == seen.version
    assert index.advance(seen, version(3)) is False


def test_history_goes_by_serial_not_by_name(store: StateStore) -> None:
    for serial in range(11):
        store.write("t1", "prod", {"n": serial}, expected_serial=serial, lineage="L")
    assert [item.serial for item in store.history("t1", "prod")] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert latest([version(9), version(10), version(2)]) == version(10)
    assert latest([]) is None
    assert store.at("t1", "prod", 9).body == {"n": 8}


def test_a_document_of_another_lineage_is_refused(store: StateStore) -> None:
    store.write("t1", "prod", {}, expected_serial=0, lineage="L")
    with pytest.raises(LineageMismatch):
        store.write("t1", "prod", {}, expected_serial=1, lineage="M")


def test_a_writers_own_serial_must_be_newer(store: StateStore) -> None:
    assert store.write("t1", "prod", {}, expected_serial=0, lineage="L", serial=7).serial == 7
    with pytest.raises(StateVersionConflict):
        store.write("t1", "prod", {}, expected_serial=7, lineage="L", serial=7)


def test_a_document_that_was_tampered_with_is_not_handed_out(store: StateStore, blobs: Blobs) -> None:
    written = store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    blobs.objects[written.object_name] = b'{"n":2}'
    with pytest.raises(StateCorrupted):
        store.read("t1", "prod")


def test_tenants_do_not_see_each_others_state(store: StateStore) -> None:
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    with pytest.raises(StateNotFound):
        store.read("t2", "prod")
    assert store.history("t2", "prod") == ()


def test_a_reader_during_a_write_does_not_put_the_old_state_back_into_the_cache(blobs: Blobs) -> None:
    cache = Cache()
    store = StateStore(EtcdStateIndex(MemoryEtcd(CLOCK)), blobs, CLOCK, cache)
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    assert store.read("t1", "prod").body == {"n": 1}
    cache.after_delete = lambda: store.read("t1", "prod")
    store.write("t1", "prod", {"n": 2}, expected_serial=1, lineage="L")
    assert store.read("t1", "prod").body == {"n": 2}


def test_a_forgotten_workspace_leaves_nothing_behind(store: StateStore, blobs: Blobs) -> None:
    store.write("t1", "prod", {"n": 1}, expected_serial=0, lineage="L")
    with pytest.raises(StateVersionConflict):
        store.delete("t1", "prod", expected_serial=3)
    store.delete("t1", "prod", expected_serial=1)
    assert (store.head("t1", "prod"), store.history("t1", "prod"), blobs.objects) == (None, (), {})


def test_a_plan_made_against_the_present_state_is_current() -> None:
    ensure_plan_is_current(SavedPlan("L", 4), version(4))
    ensure_plan_is_current(SavedPlan("", 0), None)


@pytest.mark.parametrize(
    ("plan", "state"),
    [
        (SavedPlan("L", 4), version(5)),
        (SavedPlan("L", 4), version(4, lineage="M")),
        (SavedPlan("L", 4), None),
        (SavedPlan("", 0), version(1)),
    ],
)
def test_a_plan_made_against_another_state_is_stale(plan: SavedPlan, state: StateVersion | None) -> None:
    with pytest.raises(StalePlan) as refused:
        ensure_plan_is_current(plan, state)
    assert (refused.value.status, refused.value.code) == (409, "stale_plan")


def test_a_document_has_one_spelling() -> None:
    assert canonical({"b": 1, "a": {"d": None, "c": "é"}}) == '{"a":{"c":"é","d":null},"b":1}'.encode()


def numbered(content: bytes, serial: int, lineage: str = "L") -> NewDocument:
    return NewDocument(BytesIO(content), len(content), digest_of(content), lineage, serial)


def test_a_document_that_its_writer_has_numbered_is_kept_byte_for_byte(store: StateStore) -> None:
    content = b'{ "n": 0.10000000000000000555, "serial": 7 }\n'
    written = store.put(None, "t1", "prod", numbered(content, 7))
    assert (written.serial, written.size, written.digest) == (7, len(content), digest_of(content))
    assert b"".join(store.content(written)) == content


def test_a_serial_can_be_set_back_by_force_and_generations_go_on(store: StateStore) -> None:
    store.put(None, "t1", "prod", numbered(b"1", 7))
    store.put(store.present("t1", "prod"), "t1", "prod", numbered(b"2", 3))
    store.put(store.present("t1", "prod"), "t1", "prod", numbered(b"3", 3, "M"))
    assert [(each.serial, each.generation) for each in store.history("t1", "prod")] == [(7, 1), (3, 3), (3, 2)]
    # And over a deletion, too
    head = store.present("t1", "prod")
    assert head is not None
    store.remove(head)
    assert store.put(None, "t1", "prod", numbered(b"4", 1)).generation == 5


def test_a_document_is_refused_when_what_it_was_made_after_is_no_longer_present(
    store: StateStore, blobs: Blobs
) -> None:
    first = store.put(None, "t1", "prod", numbered(b"1", 1))
    with pytest.raises(StateVersionConflict):
        store.put(None, "t1", "prod", numbered(b"2", 1))
    assert list(blobs.objects) == [first.object_name]


def test_companions_decide_with_the_document_and_are_written_with_it(blobs: Blobs) -> None:
    etcd = MemoryEtcd(CLOCK)
    store = StateStore(EtcdStateIndex(etcd), blobs, CLOCK)
    etcd.commit(puts=[Put("/lock", b"mine")])
    held = etcd.get("/lock")
    assert held is not None
    noted = Companions(unchanged=[held], puts=[Put("/note", b"1")])
    store.put(None, "t1", "prod", numbered(b"1", 1), lambda _version: noted)
    assert etcd.get("/note") is not None
    # When the lock was freed and taken again, even with the same content, then it is another one
    etcd.commit(deletes=["/lock", "/note"])
    etcd.commit(puts=[Put("/lock", b"mine")])
    with pytest.raises(StateVersionConflict):
        store.put(store.present("t1", "prod"), "t1", "prod", numbered(b"2", 2), lambda _version: noted)
    assert (store.head("t1", "prod"), etcd.get("/note")) == (store.history("t1", "prod")[0], None)


def test_a_numbered_document_that_was_tampered_with_is_found_out(store: StateStore, blobs: Blobs) -> None:
    written = store.put(None, "t1", "prod", numbered(b"12345", 1))
    blobs.objects[written.object_name] = b"12346"
    with pytest.raises(StateCorrupted):
        list(store.content(written))
