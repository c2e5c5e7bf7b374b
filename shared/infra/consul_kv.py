"""Consul's key-value store: compare-and-set by ModifyIndex, and watches on blocking queries."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.infra.consul import ConsulRefused, ConsulUnavailable, connect, next_index, translated
from shared.settings import ServiceSettings

log = logging.getLogger(__name__)

WATCH_SECONDS = 10
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Entry:
    """A key as it was read."""

    key: str
    value: bytes
    modify_index: int


class ConsulKv:
    """Keys never begin with a slash. Methods raise ConsulUnavailable or ConsulRefused."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> ConsulKv:
        """The store these settings point at."""
        return cls(connect(settings))

    def get(self, key: str) -> Entry | None:
        """A key; None when it doesn't exist."""
        with translated():
            _, item = self._client.kv.get(key)
        return None if item is None else _entry(item)

    def list(self, prefix: str) -> tuple[Entry, ...]:
        """All keys under a prefix, in key order."""
        return self._after(prefix, 0)[1]

    def put(self, key: str, value: bytes, cas: int | None = None) -> bool:
        """Write a key. With `cas`, only if its ModifyIndex is still that (0: if it doesn't exist); else False."""
        with translated():
            return bool(self._client.kv.put(key, value, cas=cas))

    def delete(self, key: str, cas: int | None = None) -> bool:
        """Delete a key; with `cas`, only if its ModifyIndex is still that, else False."""
        with translated():
            return bool(self._client.kv.delete(key, cas=cas))

    def delete_prefix(self, prefix: str) -> None:
        """Delete every key under a prefix."""
        with translated():
            self._client.kv.delete(prefix, recurse=True)

    def watch(self, prefix: str, stop: threading.Event) -> Iterator[tuple[Entry, ...]]:
        """Everything under the prefix now, and again after each change, until `stop` is set (noticed within a wait).

        Errors of Consul are logged and waited out; what changed meanwhile comes with the next answer.
        """
        index = 0
        last: tuple[Entry, ...] | None = None
        while not stop.is_set():
            try:
                returned, entries = self._after(prefix, index)
            except (ConsulUnavailable, ConsulRefused) as error:
                log.warning("watch of %s: %s", prefix, error)
                stop.wait(RETRY_SECONDS)
                continue
            index = next_index(index, returned)
            if entries != last:
                last = entries
                yield entries

    def _after(self, prefix: str, index: int) -> tuple[int, tuple[Entry, ...]]:
        with translated():
            returned, items = self._client.kv.get(prefix, index=index, wait=f"{WATCH_SECONDS}s", recurse=True)
        return int(returned), tuple(sorted((_entry(item) for item in items or ()), key=lambda entry: entry.key))


class PrefixFollower:
    """Tells of everything under a prefix, now and after each change, from the start to the stop of a service."""

    def __init__(self, kv: ConsulKv, prefix: str, tell: Callable[[tuple[Entry, ...]], None]) -> None:
        """`tell` is called from the follower's own thread, and returns soon without raising."""
        self._kv = kv
        self._prefix = prefix
        self._tell = tell
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin following."""
        threading.Thread(target=self._run, name=f"follow-{self._prefix}", daemon=True).start()

    def stop(self) -> None:
        """Follow no more; a query under way is left to time out."""
        self._stop.set()

    def _run(self) -> None:
        for entries in self._kv.watch(self._prefix, self._stop):
            self._tell(entries)


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["Key"], item["Value"] or b"", int(item["ModifyIndex"]))
