"""Gaps by source: every source counts what it sends of a tenant, so what never arrived shows by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Ranges = Mapping[str, Sequence[Sequence[int]]]
"""First and last number of each range that is there, by source."""
MAX_TOLD = 100
"""Gaps in one answer: the first ones of each source, in order."""


@dataclass(frozen=True)
class Gap:
    """Events of a source, from the first to the last number, that aren't there although a later one is."""

    source: str
    first: int
    last: int


class Coverage:
    """Which numbers of each source are there, as ranges; in any order, as events come. Takes as much room as there are
    gaps, not events."""

    def __init__(self, ranges: Ranges | None = None) -> None:
        """`ranges` is what was there before."""
        self._ends: dict[str, dict[int, int]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        for source, known in (ranges or {}).items():
            self._ends[source] = {first: last for first, last in known}
            self._starts[source] = {last: first for first, last in known}

    def add(self, source: str, number: int) -> None:
        """The event of that number is there. It comes once: the trail knows an event that comes again."""
        ends, starts = self._ends.setdefault(source, {}), self._starts.setdefault(source, {})
        first, last = number, number
        if number - 1 in starts:
            first = starts.pop(number - 1)
        if number + 1 in ends:
            last = ends.pop(number + 1)
            del starts[last]
        ends[first], starts[last] = last, first

    def ranges(self) -> dict[str, list[list[int]]]:
        """What is there."""
        return {source: [[*each] for each in sorted(ends.items())] for source, ends in sorted(self._ends.items())}

    def gaps(self) -> tuple[Gap, ...]:
        """What is missing before the last number of each source, at most a hundred ranges."""
        found: list[Gap] = []
        for source in sorted(self._ends):
            expected = 1
            for first, last in sorted(self._ends[source].items()):
                if first > expected:
                    found.append(Gap(source, expected, first - 1))
                expected = max(expected, last + 1)
        return tuple(found[:MAX_TOLD])
