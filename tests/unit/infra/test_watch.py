"""Watches that lose nothing."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from shared.infra.coordination import HistoryCompacted, Put
from shared.infra.watch import PrefixWatch, resume_revision
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
