"""Balancing algorithms. Each takes candidates in a fixed order and says which one gets the next connection."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.loadbalancer.domain.backends import Backend

POINTS_PER_WEIGHT = 40
"""Points of one unit of weight on the hash ring; more make the shares more even and the ring larger."""


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

    points: tuple[int, ...]
    owners: tuple[str, ...]

    @classmethod
    def of(cls, weights: Mapping[str, int]) -> Ring:
        """A ring on which each backend has points in proportion to its weight."""
        points = sorted(
            (ring_point(f"{backend_id}#{number}"), backend_id)
            for backend_id, weight in weights.items()
            for number in range(weight * POINTS_PER_WEIGHT)
        )
        return cls(tuple(point for point, _ in points), tuple(owner for _, owner in points))

    def owner(self, key: str) -> str:
        """The backend of the first point at or after the key's, around the end to the beginning."""
        place = bisect.bisect_left(self.points, ring_point(key))
        return self.owners[place % len(self.owners)]


def ring_point(text: str) -> int:
    """A place on the ring of 64 bits. The same in every process and on every machine, which `hash()` is not."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
