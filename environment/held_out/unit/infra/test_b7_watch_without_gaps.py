"""However often its connection breaks, a watch shows each change once, in order."""

from datetime import UTC, datetime
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.infra.coordination import Put
from shared.infra.watch import PrefixWatch
from shared.utils.clock import FixedClock
from tests.unit.infra.fakes import MemoryEtcd


def etcd_of(keys: list[str]) -> MemoryEtcd:
    etcd = MemoryEtcd(FixedClock(datetime(2025, 6, 1, tzinfo=UTC)))
    for key in keys:
        etcd.commit(puts=[Put(key, b"v")])
    return etcd


@settings(derandomize=True, deadline=None, max_examples=12)
@given(
    before=st.lists(st.sampled_from(["/a/x", "/b/x"]), max_size=3),
    after=st.lists(st.sampled_from(["/a/1", "/a/2", "/b/1"]), min_size=1, max_size=6),
    breaks=st.integers(1, 2),
)
def test_every_change_since_the_snapshot_comes_once(before: list[str], after: list[str], breaks: int) -> None:
    etcd = etcd_of(before)
    watch = PrefixWatch(etcd, "/a/")
    watch.snapshot()
    wanted = []
    for key in after:
        revision = etcd.commit(puts=[Put(key, b"v")])
        if key.startswith("/a/"):
            wanted.append((key, revision))
    etcd.streams_to_break = breaks
    seen = [(change.key, change.revision) for change in islice(watch.changes(), len(wanted))]
    assert seen == wanted


def test_what_is_written_while_the_connection_is_broken_is_seen() -> None:
    etcd = etcd_of(["/a/before"])
    watch = PrefixWatch(etcd, "/a/")
    watch.snapshot()
    etcd.commit(puts=[Put("/a/1", b"v")])
    etcd.streams_to_break = 1
    changes = watch.changes()
    assert next(changes).key == "/a/1"
    # The stream breaks after this one; meanwhile much happens
    for number in range(2, 6):
        etcd.commit(puts=[Put(f"/a/{number}", b"v")], deletes=[f"/a/{number - 1}"])
    kinds = [(change.kind, change.key) for change in islice(changes, 8)]
    assert sorted(kinds) == sorted(
        pair for number in range(2, 6) for pair in (("put", f"/a/{number}"), ("delete", f"/a/{number - 1}"))
    )
