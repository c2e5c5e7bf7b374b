"""Which tests an edit can touch, the most telling first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from environment.reach.changes import Changes, changes
from environment.reach.reach_map import ReachMap, Selection

UNIT = "tests/unit/"
TEST_MODULE = "tests/*/test_*.py"
LONG_SECONDS = 5.0
"""A test that takes longer runs after all others: whole stories reach nearly everything and say least of an edit."""
LEAST_SECONDS = 0.02
"""What a test costs a worker beside its own duration."""


@dataclass(frozen=True)
class Choice:
    """What to run for an edit."""

    changes: Changes
    selection: Selection
    tests: tuple[str, ...]
    """Ids that the map knows, in the order to run them."""
    modules: tuple[str, ...]
    """Test modules that were edited themselves: all of their tests run, those that the map doesn't know, too."""
    durations: Mapping[str, float]
    """Seconds that each of these tests took when the map was made."""

    @property
    def seconds(self) -> float:
        """What they took one after the other."""
        return sum(self.durations.values())

    @property
    def long(self) -> frozenset[str]:
        """Those of them that run last because each takes long."""
        return frozenset(test_id for test_id, seconds in self.durations.items() if seconds > LONG_SECONDS)

    @property
    def unit(self) -> tuple[str, ...]:
        """The tests that need no fleet."""
        return tuple(test_id for test_id in self.tests if is_unit(test_id))

    @property
    def live(self) -> tuple[str, ...]:
        """The tests that talk to a fleet."""
        return tuple(test_id for test_id in self.tests if not is_unit(test_id))


def is_unit(test_id: str) -> bool:
    """Whether a test needs no fleet."""
    return test_id.startswith(UNIT)


def choose(reach_map: ReachMap, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Choice:
    """The tests that the differences between two whole trees can touch."""
    changed = changes(before, after)
    selection = reach_map.selection(changed)
    modules = {path for path in after if fnmatchcase(path, TEST_MODULE) and before.get(path) != after[path]}
    return Choice(
        changed,
        selection,
        tuple(telling_first(reach_map, selection.tests, changed.functions)),
        tuple(sorted(modules)),
        {test_id: reach_map.seconds(test_id) for test_id in selection.tests},
    )


def unknown_modules(folder: Path, reach_map: ReachMap) -> tuple[str, ...]:
    """Test modules of a folder of which the map knows no test: they are newer than it."""
    known = {test_id.partition("::")[0] for test_id in reach_map.tests_known}
    present = {file.relative_to(folder).as_posix() for file in (folder / "tests").rglob("test_*.py")}
    return tuple(sorted(path for path in present - known if fnmatchcase(path, TEST_MODULE)))


def shares(choice: Choice, count: int) -> list[list[str]]:
    """The tests with a fleet for so many workers, about as long for each; every worker begins with telling ones."""
    result: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for test_id in choice.live:
        least = loads.index(min(loads))
        result[least].append(test_id)
        loads[least] += choice.durations[test_id] + LEAST_SECONDS
    return result


def telling_first(reach_map: ReachMap, tests: Collection[str], edited: Collection[str]) -> list[str]:
    """The tests in the order in which they say most about the edited functions for the least time.

    Unit tests come before those that need a fleet, and long ones last; then those of whose reach the edited functions
    are the greatest part: a test that reaches little else fails for little else; then the cheapest.
    """
    places = {name: place for place, name in enumerate(reach_map.names)}
    mask = sum(1 << places[name] for name in edited if name in places)

    def key(test_id: str) -> tuple[bool, bool, float, float, str]:
        reach = reach_map.recording.tests.get(test_id)
        if reach is None or not reach.mask:
            return not is_unit(test_id), False, 0.0, 0.0, test_id
        share = (reach.mask & mask).bit_count() / reach.mask.bit_count()
        return not is_unit(test_id), reach.seconds > LONG_SECONDS, -share, reach.seconds, test_id

    return sorted(tests, key=key)
