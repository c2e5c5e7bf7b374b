"""Follow every change under an etcd prefix, in order and without gaps, over any number of reconnects."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from shared.infra.coordination import (
    Change,
    ChangeStream,
    Coordination,
    CoordinationUnavailable,
    HistoryCompacted,
    Snapshot,
)

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.5


def resume_revision(last_seen: int) -> int:
    """Where a watch goes on after a lost connection: right behind the last revision it has seen."""
    return last_seen + 1


class PrefixWatch:
    """A snapshot and the changes after it."""

    def __init__(self, etcd: Coordination, prefix: str) -> None:
        self._etcd = etcd
        self._prefix = prefix
        self._last_seen = 0
        self._stopped = threading.Event()
        self._stream: ChangeStream | None = None

    def snapshot(self) -> Snapshot:
        """Everything under the prefix; `changes` goes on right behind it. Raises CoordinationUnavailable."""
        snapshot = self._etcd.snapshot(self._prefix)
        self._last_seen = snapshot.revision
        return snapshot

    def changes(self) -> Iterator[Change]:
        """Every change since the snapshot, until `stop`. It outlives lost connections.

        Raises HistoryCompacted when it was away for too long: take a new snapshot then.
        """
        while not self._stopped.is_set():
            try:
                yield from self._follow(resume_revision(self._last_seen))
            except HistoryCompacted:
                raise
            except CoordinationUnavailable as error:
                log.warning("watch of %s interrupted at revision %d: %s", self._prefix, self._last_seen, error)
                self._stopped.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        """End `changes`, from any thread."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.cancel()

    def _follow(self, start_revision: int) -> Iterator[Change]:
        self._stream = self._etcd.changes(self._prefix, start_revision)
        if self._stopped.is_set():
            self._stream.cancel()
        for change in self._stream:
            yield change
            self._last_seen = change.revision
