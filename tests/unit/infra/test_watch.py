"""Watches that lose nothing."""

import threading
from datetime import UTC, datetime
from itertools import islice

import pytest

from shared.infra.coordination import CoordinationUnavailable, HistoryCompacted, Put
from shared.infra.watch import PrefixFollower, PrefixWatch, resume_revision
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd


@pytest.fixture
def etcd() -> MemoryEtcd:
    return MemoryEtcd(FixedClock(datetime(2025, 6, 1, tzinfo=UTC)))


def put(etcd: MemoryEtcd, key: str) -> int:
    revision = etcd.commit(puts=[Put(key, b"v")])
    assert revision is not None
    return revision


def test_a_watch_resumes_right_behind_the_last_revision_it_saw() -> None:
    assert resume_revision(41) == 42


def test_no_change_is_lost_or_repeated_over_a_lost_connection(etcd: MemoryEtcd) -> None:
    watch = PrefixWatch(etcd, "/a/")
    put(etcd, "/a/before")
    start = watch.snapshot().revision
    revisions = [put(etcd, f"/a/{number}") for number in range(3)]
    etcd.streams_to_break = 1
    seen = list(islice(watch.changes(), 3))
    assert [change.key for change in seen] == ["/a/0", "/a/1", "/a/2"]
    assert etcd.watched_from == [start + 1, revisions[0] + 1]


def test_other_prefixes_are_not_seen(etcd: MemoryEtcd) -> None:
    watch = PrefixWatch(etcd, "/a/")
    watch.snapshot()
    put(etcd, "/b/1")
    put(etcd, "/a/1")
    assert [change.key for change in islice(watch.changes(), 1)] == ["/a/1"]


def test_history_that_is_gone_is_reported(etcd: MemoryEtcd) -> None:
    watch = PrefixWatch(etcd, "/a/")
    watch.snapshot()
    put(etcd, "/a/1")
    etcd.compact()
    with pytest.raises(HistoryCompacted):
        next(watch.changes())


def test_a_handler_that_fails_on_the_second_key_of_a_transaction_sees_it_again(etcd: MemoryEtcd) -> None:
    watch = PrefixWatch(etcd, "/a/")
    watch.snapshot()
    put(etcd, "/a/0")
    etcd.commit(puts=[Put("/a/1", b"v"), Put("/a/2", b"v")])
    put(etcd, "/a/3")
    seen: list[str] = []

    def handle() -> None:
        for change in watch.changes():
            seen.append(change.key)
            if seen == ["/a/0", "/a/1", "/a/2"]:
                raise ValueError("the handler fails")
            if change.key == "/a/3":
                return

    with pytest.raises(ValueError, match="the handler fails"):
        handle()
    handle()
    # The whole transaction comes again, and what was before it doesn't.
    assert seen == ["/a/0", "/a/1", "/a/2", "/a/1", "/a/2", "/a/3"]


def test_a_follower_shows_what_there_is_and_what_comes_and_again_what_its_handler_failed_on(etcd: MemoryEtcd) -> None:
    put(etcd, "/a/before")
    seen: list[bytes] = []
    done = threading.Event()

    def handle(value: bytes) -> None:
        seen.append(value)
        if len(seen) == 2:
            raise CoordinationUnavailable("not now")
        if value == b"last":
            done.set()

    etcd.commit(puts=[Put("/a/other", b"first")])
    follower = PrefixFollower(etcd, "/a/", handle)
    follower.start()
    etcd.commit(puts=[Put("/a/new", b"last")])
    assert done.wait(5.0)
    follower.stop()
    assert seen[:2] == [b"v", b"first"]
    assert seen.count(b"first") >= 2
