"""Follow every change under an etcd prefix, in order and without gaps, over any number of reconnects."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

from shared.errors import OmniCloudError
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

        Whoever fails over a change and calls again gets every change of its transaction again. Raises HistoryCompacted
        when it was away for too long: take a new snapshot then.
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
        handled = self._last_seen
        try:
            for change in self._stream:
                if change.revision > handled:
                    self._last_seen = handled  # All of an earlier revision was handled, of this one nothing yet.
                yield change
                handled = change.revision
        except CoordinationUnavailable:
            self._last_seen = handled  # etcd sends a revision whole: what came of the last one was all of it.
            raise
        self._last_seen = handled


class PrefixFollower:
    """Shows everything under a prefix, and what comes, to a handler from a thread of its own, until it is stopped.

    The handler is called with values as they are found or change, and gets them again when it fails: it may see a
    value more than once and never misses the last one of a key.
    """

    def __init__(self, etcd: Coordination, prefix: str, handler: Callable[[bytes], object]) -> None:
        self._watch = PrefixWatch(etcd, prefix)
        self._prefix = prefix
        self._handler = handler
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name=f"follow-{self._prefix}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stopping.set()
        self._watch.stop()
        if self._thread is not None:
            self._thread.join(RECONNECT_SECONDS * 4)

    def _run(self) -> None:
        known = False
        while not self._stopping.is_set():
            try:
                if not known:
                    for item in self._watch.snapshot().items:
                        self._handler(item.value)
                    known = True
                for change in self._watch.changes():
                    if change.kind == "put":
                        self._handler(change.value)
            except HistoryCompacted:
                known = False
            except OmniCloudError as error:
                log.warning("following %s goes on in a moment: %s", self._prefix, error)
                self._stopping.wait(RECONNECT_SECONDS)
            except Exception:
                log.exception("following %s goes on in a moment", self._prefix)
                self._stopping.wait(RECONNECT_SECONDS)
