"""Consul's key-value store: compare-and-set by ModifyIndex, and watches on blocking queries."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
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


After = Callable[[int], tuple[int, tuple[Entry, ...]]]
"""Asks Consul for what is newer than an index, waiting for it: the index of the answer, and entries."""


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

    def watch(self, prefix: str, stop: threading.Event, after: After | None = None) -> Iterator[tuple[Entry, ...]]:
        """Everything under the prefix now, and again after each change, until `stop` is set (noticed within a wait).

        `after` asks something else of it, such as `changes_under`. Errors of Consul are logged and waited out; what
        changed meanwhile comes with the next answer.
        """
        ask = after or partial(self._after, prefix)
        index = 0
        last: tuple[Entry, ...] | None = None
        while not stop.is_set():
            try:
                returned, entries = ask(index)
            except (ConsulUnavailable, ConsulRefused) as error:
                log.warning("watch of %s: %s", prefix, error)
                stop.wait(RETRY_SECONDS)
                continue
            index = next_index(index, returned)
            if entries != last:
                last = entries
                yield entries

    def changes_under(self, prefix: str) -> After:
        """For `watch`: keys under the prefix that changed since the last answer, all of them at first; no values.

        Their `modify_index` is one that rises with them, perhaps with a longer key that begins as they do, too.
        """
        return Changes(self._client, prefix).after

    def _after(self, prefix: str, index: int) -> tuple[int, tuple[Entry, ...]]:
        with translated():
            returned, items = self._client.kv.get(prefix, index=index, wait=f"{WATCH_SECONDS}s", recurse=True)
        return int(returned), tuple(sorted((_entry(item) for item in items or ()), key=lambda entry: entry.key))


class Changes:
    """Finds what changed under a prefix by the index that Consul has for all keys that begin alike.

    Where that of a beginning is the one that was seen, nothing under it is asked for. So a change costs a few questions
    for each level at which names part, however many keys there are, and no value is read.
    """

    def __init__(self, client: Any, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._seen: dict[str, int] = {}
        """The index of each beginning that was looked at, by the beginning."""

    def after(self, index: int) -> tuple[int, tuple[Entry, ...]]:
        """Wait until something is newer than the index; what changed since the last answer, in key order."""
        if not index:
            self._seen = {}  # Consul counts anew: equal indexes no longer mean that nothing has changed.
        with translated():
            returned, folders = self._names(self._prefix, index=index, wait=f"{WATCH_SECONDS}s")
            seen: dict[str, int] = {}
            changed = list(self._changed(folders, seen)) if returned != index else []
        # Only now: what fails half-way is looked for again.
        self._seen = {name: at for name, at in (self._seen | seen).items() if self._begins_any(name, folders)}
        return returned, tuple(changed)

    def _changed(self, names: Sequence[str], seen: dict[str, int]) -> Iterator[Entry]:
        """The changed keys among names in order, of which those that end in `/` are all that begins so."""
        if not names:
            return
        beginning = _shared(names[0], names[-1])
        index, found = self._names(beginning)
        if self._seen.get(beginning) == index:
            return
        if names[0] == beginning and beginning.endswith("/"):
            yield from self._changed([name for name in found if name != beginning], seen)
        else:
            # By this answer's names, whose index is remembered: one that has come since the others isn't among those.
            if beginning in found:
                yield Entry(beginning, b"", index)
            for _, alike in groupby((each for each in found if each != beginning), lambda name: name[len(beginning)]):
                yield from self._changed(list(alike), seen)
        seen[beginning] = index

    def _begins_any(self, beginning: str, folders: Sequence[str]) -> bool:
        """Whether one of the folders, which are in order, begins so, or what lies in it."""
        place = bisect_left(folders, beginning[: beginning.find("/", len(self._prefix)) + 1] or beginning)
        return place < len(folders) and (folders[place].startswith(beginning) or beginning.startswith(folders[place]))

    def _names(self, beginning: str, **waiting: Any) -> tuple[int, list[str]]:
        """The index of all keys that begin so, and their names up to the next `/`."""
        returned, names = self._client.kv.get(beginning, keys=True, separator="/", **waiting)
        return int(returned), sorted(names or ())


class PrefixFollower:
    """Tells of what changes under a prefix, of all of it at first, from the start to the stop of a service."""

    def __init__(self, kv: ConsulKv, prefix: str, tell: Callable[[tuple[Entry, ...]], None]) -> None:
        """`tell` is called from the follower's own thread, and returns soon without raising. It gets no values."""
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
        for entries in self._kv.watch(self._prefix, self._stop, self._kv.changes_under(self._prefix)):
            self._tell(entries)


def _shared(one: str, other: str) -> str:
    """What both begin with; of the first and the last of names in order, what all do."""
    return one[: next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))]


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(item["Key"], item["Value"] or b"", int(item["ModifyIndex"]))
