"""An etcd in memory: the coordination port with revisions, commits and leases on a clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from shared.infra.coordination import Change, CoordinationUnavailable, HistoryCompacted, KeyValue, Put, Snapshot
from shared.utils.clock import Clock

MOST_WATCHES = 1000
"""A watch that is opened more often in one test goes round without an end."""


class MemoryEtcd:
    """Behaves as one etcd server does. `down` makes every call fail; `renewed` is set by each renewal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: dict[str, KeyValue] = {}
        self._leases: dict[int, tuple[int, float]] = {}
        self._history: list[Change] = []
        self._revision = 1
        self._compacted = 0
        self._lock = threading.RLock()
        self.down = False
        self.renewed = threading.Event()
        self.streams_to_break = 0
        self.watched_from: list[int] = []

    def get(self, key: str) -> KeyValue | None:
        with self._lock:
            self._tick()
            return self._items.get(key)

    def snapshot(self, prefix: str) -> Snapshot:
        with self._lock:
            self._tick()
            items = tuple(self._items[key] for key in sorted(self._items) if key.startswith(prefix))
            return Snapshot(self._revision, items)

    def commit(
        self,
        *,
        unchanged: Sequence[KeyValue] = (),
        absent: Sequence[str] = (),
        puts: Sequence[Put] = (),
        deletes: Sequence[str] = (),
        delete_prefix: str = "",
    ) -> int | None:
        with self._lock:
            self._tick()
            present = self._items
            stale = [old for old in unchanged if old.key not in present or present[old.key] != old]
            if stale or any(key in present for key in absent):
                return None
            self._revision += 1
            for put in puts:
                self._put(put)
            doomed = [key for key in present if delete_prefix and key.startswith(delete_prefix)]
            self._delete([*deletes, *doomed])
            return self._revision

    def grant(self, ttl: int) -> int:
        with self._lock:
            self._tick()
            lease_id = len(self._leases) + 1
            self._leases[lease_id] = (ttl, self._clock.monotonic() + ttl)
            return lease_id

    def keep_alive(self, lease_id: int, timeout: float) -> int:
        with self._lock:
            self._tick()
            ttl, ends_at = self._leases[lease_id]
            if ends_at <= self._clock.monotonic():
                return 0
            self._leases[lease_id] = (ttl, self._clock.monotonic() + ttl)
            self.renewed.set()
            return ttl

    def revoke(self, lease_id: int) -> None:
        with self._lock:
            self._tick()
            self._leases[lease_id] = (0, self._clock.monotonic())
            self._expire()

    def changes(self, prefix: str, start_revision: int, seconds: float | None = None) -> MemoryStream:
        with self._lock:
            self.watched_from.append(start_revision)
            assert len(self.watched_from) <= MOST_WATCHES
            start_revision = start_revision or self._revision + 1  # 0 is "from now on".
            if start_revision <= self._compacted:
                raise HistoryCompacted("compacted")
            found = [item for item in self._history if item.revision >= start_revision and item.key.startswith(prefix)]
            breaks = self.streams_to_break > 0
            self.streams_to_break -= breaks
            return MemoryStream(found[:1] if breaks else found, breaks)

    def compact(self) -> None:
        """Forget the history up to now."""
        self._compacted = self._revision

    def _put(self, put: Put) -> None:
        old = self._items.get(put.key)
        created = old.create_revision if old else self._revision
        self._items[put.key] = KeyValue(put.key, put.value, created, self._revision, put.lease_id)
        self._history.append(Change("put", put.key, put.value, self._revision))

    def _delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            if self._items.pop(key, None) is not None:
                self._history.append(Change("delete", key, b"", self._revision))

    def _tick(self) -> None:
        if self.down:
            raise CoordinationUnavailable("down")
        self._expire()

    def _expire(self) -> None:
        now = self._clock.monotonic()
        over = {lease_id for lease_id, (_, ends_at) in self._leases.items() if ends_at <= now}
        doomed = [key for key, item in self._items.items() if item.lease_id in over]
        if doomed:
            self._revision += 1
            self._delete(doomed)


class MemoryStream:
    """The changes there are; then the connection breaks, or the stream ends."""

    def __init__(self, changes: Sequence[Change], breaks: bool) -> None:
        self._changes = changes
        self._breaks = breaks

    def __iter__(self) -> Iterator[Change]:
        yield from self._changes
        if self._breaks:
            raise CoordinationUnavailable("connection lost")

    def cancel(self) -> None:
        """Nothing is open."""
