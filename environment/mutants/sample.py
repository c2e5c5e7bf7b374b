"""Draws mutants from a seed: spread evenly over the services and the folders of `shared`, each where a test reaches."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from environment.affected.sample import Site, definitions, is_edit_of
from environment.mutants.operators import sites
from environment.reach.instrument import is_instrumented
from environment.reach.reach_map import ReachMap


@dataclass(frozen=True)
class Change:
    """What a mutant changes, told so that it stays true when other lines move."""

    function: str
    """`path::name`."""
    before: str
    """The lines that are changed, with single blanks."""
    after: str
    place: int = 1
    """Which of the places in the function where this very change can be made."""

    @property
    def path(self) -> str:
        """The file."""
        return self.function.partition("::")[0]

    def __str__(self) -> str:
        again = f" (place {self.place})" if self.place > 1 else ""
        return f"{self.function}{again}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Mutant:
    """A change, where it stands today, and the file's content with it."""

    change: Change
    operator: str
    line: int
    content: bytes

    def tree(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """These files with the change."""
        return {**files, self.change.path: self.content}


def area(path: str) -> str:
    """The service of a file, or its folder in `shared`."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def draw(
    files: Mapping[str, bytes], reach_map: ReachMap, count: int, seed: int = 0, paths: Collection[str] = ()
) -> list[Mutant]:
    """So many mutants, or as many as there are functions for them; one a function.

    One seed gives one sample, and a smaller sample is the beginning of a larger one. Areas take turns, services before
    the rest, so the first fifteen are of every service. A function is drawn from only if a test itself reaches it, not
    just the start of a fleet; with `paths`, only if its path begins with one of them.
    """
    dice = random.Random(f"mutants {seed}")
    queues: dict[str, list[str]] = {}
    for function in sorted(reach_map.names):
        path = function.partition("::")[0]
        if path in files and is_instrumented(path) and (not paths or path.startswith(tuple(paths))):
            queues.setdefault(area(path), []).append(function)
    turns = sorted(queues, key=lambda name: (not name.startswith("services/"), dice.random()))
    for name in turns:
        dice.shuffle(queues[name])
    found: list[Mutant] = []
    while any(queues.values()):
        for name in turns:
            mutant = _next(files, reach_map, queues[name], dice)
            if mutant is not None:
                found.append(mutant)
            if len(found) == count:
                return found
    return found


def _next(files: Mapping[str, bytes], reach_map: ReachMap, queue: list[str], dice: random.Random) -> Mutant | None:
    """A mutant of the next function of a queue that has one and is reached."""
    while queue:
        function = queue.pop()
        if reach_map.tests(function) and (mutant := next(shuffled(files, function, dice), None)):
            return mutant
    return None


def shuffled(files: Mapping[str, bytes], function: str, dice: random.Random) -> Iterator[Mutant]:
    """The mutants of a function in an order that is drawn: each operator in it is as likely to come first, but `return`
    comes after all others, since nearly every test that reaches a function notices it."""
    by_operator: dict[str, list[tuple[Change, Site]]] = {}
    for change, site in possible(files, function):
        by_operator.setdefault(site.kind, []).append((change, site))
    for operator in by_operator:
        dice.shuffle(by_operator[operator])
    while by_operator:
        turns = dice.sample(sorted(by_operator), len(by_operator))
        for operator in sorted(turns, key=lambda operator: operator == "return"):
            change, site = by_operator[operator].pop()
            if not by_operator[operator]:
                del by_operator[operator]
            if mutant := _made(files[change.path], change, site):
                yield mutant


def possible(files: Mapping[str, bytes], function: str) -> Sequence[tuple[Change, Site]]:
    """All changes that the operators can make in a function; none when the files have no such function."""
    path, _, name = function.partition("::")
    content = files.get(path, b"")
    definition = definitions(content).get(name)
    if definition is None:
        return ()
    found: list[tuple[Change, Site]] = []
    places: dict[tuple[str, str], int] = {}
    for site in sites(content, definition):
        words = _lines(content, site)
        places[words] = places.get(words, 0) + 1
        found.append((Change(function, *words, places[words]), site))
    return found


def _lines(content: bytes, site: Site) -> tuple[str, str]:
    """The lines of a site before and after, without their layout."""
    begin, end = content.rfind(b"\n", 0, site.start) + 1, content.find(b"\n", site.end)
    head, tail = content[begin : site.start], content[site.end : end if end >= 0 else len(content)]
    before = head + content[site.start : site.end] + tail
    after = head + site.text.encode() + tail
    return " ".join(before.decode().split()), " ".join(after.decode().split())


def _made(content: bytes, change: Change, site: Site) -> Mutant | None:
    """The mutant; None when the file can't be compiled with it or nothing differs."""
    edited = content[: site.start] + site.text.encode() + content[site.end :]
    path, _, name = change.function.partition("::")
    if not is_edit_of(content, edited, path, name):
        return None
    return Mutant(change, site.kind, site.line, edited)
