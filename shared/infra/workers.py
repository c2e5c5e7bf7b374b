"""A pool of threads for work that may wait for others, shared out so that nobody's work keeps everybody else's waiting.

Each piece of work belongs to parties: a tenant, and whoever it will wait for. A party has a share of the threads, so
one that is slow, or asks for much, fills its share and the rest goes on (bulkheads: Nygard, "Release It!", second
edition, chapter 5).
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping

from shared.kernel.logs import logger

log = logger("shared.workers")

STOP_SECONDS = 5.0

Parties = Mapping[str, int]
"""Whom a piece of work belongs to, each with how many threads may work for it at once."""
Work = Callable[[], object]


class Workers:
    """Does what it is asked for, soon, in threads of its own; a failure is logged. What nobody got to is forgotten at
    the end: whoever asks must be able to find again what is left to be done."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._size = threads
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, tuple[Parties, Work]] = OrderedDict()
        self._running: dict[str, Parties] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def start(self) -> None:
        """Begin; returns at once."""
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True)
            for number in range(self._size)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is being done, and wait for that a little."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(STOP_SECONDS / max(1, len(self._threads)))

    def ask(self, key: str, parties: Parties, work: Work, *, again: bool = True) -> None:
        """Have a piece of work done soon. The same key is never worked on by two threads at once.

        While it waits for a thread the last one asked for is done, once. While it is worked on, it is done once more
        afterwards, or not where `again` is False: then it is enough that somebody is at it.
        """
        with self._changed:
            if not again and (key in self._waiting or key in self._running):
                return
            self._waiting[key] = (parties, work)
            self._changed.notify()

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            key, work = taken
            try:
                work()
            except Exception:
                log.exception("work failed", work=self._name, key=key)
            finally:
                with self._changed:
                    del self._running[key]
                    self._changed.notify_all()

    def _next(self) -> tuple[str, Work] | None:
        """The next piece of work that may be begun, once there is one; None at the end."""
        with self._changed:
            while not self._stopping:
                key = self._due()
                if key is not None:
                    parties, work = self._waiting.pop(key)
                    self._running[key] = parties
                    return key, work
                self._changed.wait()
        return None

    def _due(self) -> str | None:
        """What has waited longest of all that may be begun."""
        busy = Counter(party for parties in self._running.values() for party in parties)
        for key, (parties, _) in self._waiting.items():
            if key not in self._running and all(busy[party] < share for party, share in parties.items()):
                return key
        return None
