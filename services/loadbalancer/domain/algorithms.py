"""Balancing algorithms. Each takes candidates in a fixed order and says which one gets the next connection."""

from __future__ import annotations

import bisect
import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from threading import Lock

from services.loadbalancer.domain.backends import Backend

POINTS_PER_WEIGHT = 40
"""Points of one unit of weight on the hash ring; more make the shares more even and the ring larger."""
MAX_KEPT_POINTS = 4_000_000
"""Of all rings that a process remembers: 64 MiB at the most."""

LAST_PLACE = 2**30
"""The highest place in a line that is given out; a row holds twice as much."""


class Algorithm(StrEnum):
    """How a pool chooses."""

    ROUND_ROBIN = "round_robin"
    LEAST_CONNECTIONS = "least_connections"
    CONSISTENT_HASH = "consistent_hash"


@dataclass(frozen=True)
class Pick:
    """The chosen backend, and the new `current_weight` of every candidate whose changes, by id."""

    backend: Backend
    current_weights: Mapping[str, int]


def smooth_weighted_round_robin(candidates: Sequence[Backend], weights: Mapping[str, int]) -> Pick:
    """nginx's algorithm: everybody gains its weight, the richest is chosen and pays the total.

    Over one cycle of the total weight each is chosen as often as its weight says, as evenly spread as can be:
    5, 1, 1 gives a a b a c a a.
    """
    current = {backend.id: backend.current_weight + weights[backend.id] for backend in candidates}
    chosen = max(candidates, key=lambda backend: current[backend.id])
    current[chosen.id] -= sum(weights[backend.id] for backend in candidates)
    return Pick(chosen, current)


def least_connections(candidates: Sequence[Backend], weights: Mapping[str, int]) -> Pick:
    """The one with the fewest live connections for its weight; equals take turns, as at HAProxy.

    Whoever is chosen goes to the end of the line: its `current_weight` is its place there. Nobody else's changes,
    until the numbers grow so large that all are given out anew.
    """
    load = {backend.id: Fraction(backend.connections, weights[backend.id]) for backend in candidates}
    fewest = min(load.values())
    line = sorted(candidates, key=lambda backend: backend.current_weight)
    chosen = next(backend for backend in line if load[backend.id] == fewest)
    if line[-1].current_weight < LAST_PLACE:
        return Pick(chosen, {chosen.id: line[-1].current_weight + 1})
    return Pick(chosen, {each.id: place for place, each in enumerate([*(x for x in line if x is not chosen), chosen])})


@dataclass(frozen=True)
class Ring:
    """A consistent-hash ring: adding or removing a backend moves only the keys that it gains or loses."""

    points: Sequence[int]
    owners: Sequence[str]

    @classmethod
    def of(cls, weights: Mapping[str, int]) -> Ring:
        """A ring on which each backend has points in proportion to its weight. It takes about 2 µs a point to make."""
        points = sorted(
            (ring_point(f"{backend_id}#{number}"), backend_id)
            for backend_id, weight in weights.items()
            for number in range(weight * POINTS_PER_WEIGHT)
        )
        return cls(array("Q", (point for point, _ in points)), tuple(owner for _, owner in points))

    def owner(self, key: str, among: Collection[str] | None = None) -> str:
        """The backend of the first point at or after the key's, around the end to the beginning.

        With `among` other backends' points count as if they weren't there: so whoever is out for a while takes no
        other keys with it, and nothing has to be made anew. Raises ValueError when none of them is on the ring.
        """
        start = bisect.bisect_left(self.points, ring_point(key))
        for place in range(start, start + len(self.owners)):
            owner = self.owners[place % len(self.owners)]
            if among is None or owner in among:
                return owner
        raise ValueError("none of the candidates is on the ring")


class Rings:
    """Rings that were made before, by what they are made of. One is made once, however many ask for it at once.

    Holds about `max_points` points in all, 16 bytes each; what wasn't asked for longest goes first.
    """

    def __init__(self, max_points: int = MAX_KEPT_POINTS) -> None:
        self._max_points = max_points
        self._lock = Lock()
        self._made: OrderedDict[tuple[tuple[str, int], ...], Future[Ring]] = OrderedDict()

    def of(self, weights: Mapping[str, int]) -> Ring:
        """The ring of these backends."""
        key = tuple(sorted(weights.items()))
        with self._lock:
            found = self._made.get(key)
            mine = found is None
            ring = found if found is not None else Future()
            self._made[key] = ring
            self._made.move_to_end(key)
        if mine:
            self._make(ring, key)
        return ring.result()

    def _make(self, ring: Future[Ring], key: tuple[tuple[str, int], ...]) -> None:
        try:
            ring.set_result(Ring.of(dict(key)))
        except BaseException as error:
            ring.set_exception(error)
            with self._lock:
                self._made.pop(key, None)
            raise
        with self._lock:
            self._forget(key)

    def _forget(self, present: tuple[tuple[str, int], ...]) -> None:
        kept = sum(points_of(key) for key in self._made)
        for key in list(self._made):
            if kept <= self._max_points or key == present:
                return
            del self._made[key]
            kept -= points_of(key)


def points_of(weights: Iterable[tuple[str, int]]) -> int:
    """How many points a ring of these backends has."""
    return POINTS_PER_WEIGHT * sum(weight for _, weight in weights)


def ring_point(text: str) -> int:
    """A place on the ring of 64 bits. The same in every process and on every machine, which `hash()` is not."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
