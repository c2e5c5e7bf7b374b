"""What the page shows, gathered from the catalogue, the manifest and the reach map."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from environment.bugs.catalogue import Bug
from environment.bugs.families import BY_SLUG
from environment.bugs.manifest import CATEGORIES, Manifest
from environment.bugs.manifest import TestInfo as Info


class Reach(Protocol):
    """What is known of the tests' reach."""

    def tests_of(self, bug: Bug) -> frozenset[str] | None:
        """The tests that reach what the bug edits; None when it edits what can't be followed: all of them then."""

    def seconds(self, test_id: str) -> float:
        """How long a test takes; 0 when it wasn't measured."""


@dataclass(frozen=True)
class File:
    """One test module and its tests, in the order of the page's columns."""

    path: str
    category: str
    folder: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One bug as the page shows it."""

    bug: Bug
    fails: frozenset[str]
    reached: frozenset[str]
    everything: bool
    """It edits what can't be followed to single tests, so it runs all of them."""
    seconds: float
    """Of the tests that it has to run, one after the other."""
    measured: bool
    """Whether the manifest's measurement is of today's patch."""
    hides: tuple[str, ...]

    @property
    def family(self) -> str:
        """The family's title for people."""
        return BY_SLUG[self.bug.family].title if self.bug.family in BY_SLUG else self.bug.family


@dataclass(frozen=True)
class Edge:
    """A dependency: `bug` can't be seen while `hidden_by` is there."""

    bug: str
    hidden_by: str
    masked: int
    """How many of the bug's triggers the other alone fails; 0: declared only, nothing measured shows it."""


@dataclass(frozen=True)
class Page:
    """Everything on the page."""

    files: tuple[File, ...]
    rows: tuple[Row, ...]
    edges: tuple[Edge, ...]
    test_seconds: Mapping[str, float]
    mapped: bool
    """Whether there is a reach map; without one the page knows failures only."""

    @property
    def test_ids(self) -> tuple[str, ...]:
        """Every test, column by column."""
        return tuple(f"{file.path}::{name}" for file in self.files for name in file.names)

    @property
    def suite_seconds(self) -> float:
        """All tests one after the other."""
        return sum(self.test_seconds.values())


def files_of(tests: Mapping[str, Info]) -> tuple[File, ...]:
    """The test modules by category, then folder, then path."""
    names: dict[str, list[str]] = {}
    for test_id in sorted(tests):
        path, _, name = test_id.partition("::")
        names.setdefault(path, []).append(name)
    files = [File(path, path.split("/")[1], path.split("/")[2], tuple(found)) for path, found in names.items()]
    return tuple(sorted(files, key=lambda file: (CATEGORIES.index(file.category), file.folder, file.path)))


def gather(catalogue: Mapping[str, Bug], manifest: Manifest, reach: Reach | None) -> Page:
    """The page's content. Without a reach map a bug is taken to run every test, which is what it did before."""
    tests = frozenset(manifest.tests)
    seconds = {test_id: reach.seconds(test_id) if reach is not None else 0.0 for test_id in manifest.tests}
    rows = tuple(_row(bug, catalogue, manifest, reach, tests, seconds) for bug in catalogue.values())
    edges = tuple(
        Edge(bug.id, other, len(manifest.edges.get((bug.id, other), ())))
        for bug in catalogue.values()
        for other in bug.depends_on
        if other in catalogue
    )
    return Page(files_of(manifest.tests), rows, edges, seconds, reach is not None)


def _row(
    bug: Bug,
    catalogue: Mapping[str, Bug],
    manifest: Manifest,
    reach: Reach | None,
    tests: frozenset[str],
    seconds: Mapping[str, float],
) -> Row:
    item = manifest.bugs.get(bug.id)
    fails = frozenset(item.triggers) & tests if item is not None else frozenset[str]()
    found = reach.tests_of(bug) if reach is not None else None
    reached = tests if found is None else found & tests
    return Row(
        bug=bug,
        fails=fails,
        reached=reached,
        everything=found is None,
        seconds=sum(seconds[test_id] for test_id in reached),
        measured=item is not None and item.patch == bug.digest,
        hides=tuple(other.id for other in catalogue.values() if bug.id in other.depends_on),
    )


def bitmap(ids: Sequence[str], chosen: Collection[str]) -> str:
    """Which of the ids are chosen, a bit each, the first in the lowest bit of the first byte; base64."""
    bits = bytearray((len(ids) + 7) // 8)
    for index, test_id in enumerate(ids):
        if test_id in chosen:
            bits[index >> 3] |= 1 << (index & 7)
    return base64.b64encode(bits).decode()


def to_document(page: Page) -> dict[str, Any]:
    """What the page's script reads."""
    ids = page.test_ids
    return {
        "mapped": page.mapped,
        "files": [[file.path, file.category, file.folder, list(file.names)] for file in page.files],
        "milliseconds": [round(page.test_seconds[test_id] * 1000) for test_id in ids],
        "bugs": [
            {
                "id": row.bug.id,
                "title": row.bug.title,
                "family": row.bug.family,
                "difficulty": row.bug.difficulty,
                "fails": bitmap(ids, row.fails),
                # Everything beyond the map is told by one word instead of a bitmap of ones.
                "reached": "" if row.everything else bitmap(ids, row.reached),
                "edges": [*row.bug.depends_on, *row.hides],
            }
            for row in page.rows
        ],
    }
