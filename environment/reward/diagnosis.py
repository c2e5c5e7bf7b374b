"""How well an agent's diagnosis says where the bugs lie and how they show themselves, judged without a model.

The agent may write `diagnosis.json` at the root of its workspace: a list with an entry for each cause,

    [{"service": "billing", "file": "services/billing/domain/rating.py", "lines": [40, 42],
      "path": ["gateway", "billing"], "explanation": "…"}]

Names are those of services; what lies in `shared/` and in the compose files is `platform`. Lines are those of the
untouched workspace, both ends included. The explanation is for people and isn't judged. A diagnosis never changes the
reward.

**What is true** of a bug: its *places* are the runs of lines that its patch writes (`environment.bugs.places`); its
*causes* are the components that it edits and the services that its header names; its *symptoms* are the services of
the visible tests that were measured to fail with it alone. A *causal path* leads from a symptom to a cause: that
cause and effect are to be named, and not the cause alone, is what OpenRCA 2.0 (arXiv:2606.27154) asks of agents;
there, too, the path is known from what the injected fault was seen to do, forwards, and not inferred from the
symptom.

**An entry against a place** has four parts of a quarter each:

- *service*: 1 if it is one of the bug's causes.
- *file*: 1 if it is the place's.
- *lines*: 0 in another file; else 2·|common| / (|named| + |true|), the harmonic mean of precision and recall, against
  the place's lines or all of the bug's in that file, whichever fits better.
- *path*: the harmonic mean of its precision (how many of its names are symptoms or causes; a name counts once) and
  its recall (which of its two ends it has: the first name a symptom, the last one a cause). One of several symptoms
  will do: one failing test is enough to notice a bug. Between the ends, names that are no service's and not
  `platform` (a broker, a database) don't count, since nobody measures them. Of a bug that isn't measured the symptoms
  aren't known: then the path is 1 if its last name is a cause.

Entries and places are paired off one to one, the best pairs first. The *precision* is what all pairs have, by the
number of entries; the *recall* is what the best pair of each bug has, by the number of bugs; the *score* is their
harmonic mean, 0 to 1. All of it is exact. A workspace without bugs is diagnosed rightly by an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from environment.bugs.catalogue import Bug
from environment.bugs.manifest import Manifest
from environment.bugs.places import Place, places
from environment.services import SERVICES

FILE = "diagnosis.json"
PLATFORM = "platform"
PARTS = ("service", "file", "lines", "path")
MOST_ENTRIES = 500
MOST_BYTES = 2**20
LAST_LINE = 10**7
COMPONENTS = frozenset((*SERVICES, PLATFORM))


@dataclass(frozen=True)
class Entry:
    """What an agent says of one cause."""

    service: str
    file: str
    lines: range
    path: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """What is known of one bug."""

    bug: str
    places: tuple[Place, ...]
    causes: frozenset[str]
    symptoms: frozenset[str]
    """Empty when the bug isn't measured."""


@dataclass(frozen=True)
class Diagnosis:
    """How good a diagnosis is. Every figure is between 0 and 1."""

    precision: Fraction = Fraction(0)
    recall: Fraction = Fraction(0)
    entries: int = 0
    parts: Mapping[str, Fraction] = field(default_factory=lambda: dict.fromkeys(PARTS, Fraction(0)))
    """What the best pair of each bug has of each part, by the number of bugs."""
    trouble: str = ""
    """Why there is nothing to judge, if so."""

    @property
    def score(self) -> Fraction:
        """The harmonic mean of precision and recall."""
        return harmonic(self.precision, self.recall)


class Malformed(ValueError):
    """A diagnosis that isn't of the described form; the message says where."""


def harmonic(one: Fraction, other: Fraction) -> Fraction:
    """The harmonic mean, 0 when both are."""
    return 2 * one * other / (one + other) if one + other else Fraction(0)


def truths(reference: Mapping[str, bytes], bugs: Iterable[Bug], manifest: Manifest) -> tuple[Truth, ...]:
    """What is true of the bugs of a workspace."""
    chosen = list(bugs)
    found = places(reference, chosen)
    return tuple(
        Truth(
            bug.id,
            tuple(place for place in found if place.bug == bug.id),
            frozenset(bug.services) | {component(path) for path in bug.paths},
            _symptoms(bug, manifest),
        )
        for bug in chosen
    )


def component(path: str) -> str:
    """What a file belongs to: a service, or the platform that all of them stand on."""
    parts = path.split("/")
    return parts[1] if parts[0] == "services" and len(parts) > 2 else PLATFORM


def _symptoms(bug: Bug, manifest: Manifest) -> frozenset[str]:
    item = manifest.of(bug)
    triggers = item.triggers if item is not None else ()
    return frozenset(
        name for test_id in triggers if test_id in manifest.tests for name in manifest.tests[test_id].services
    )


def read(content: bytes) -> tuple[Entry, ...]:
    """The entries of a file; raises `Malformed`."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Malformed("it isn't JSON") from error
    if not isinstance(document, list):
        raise Malformed("it isn't a list")
    if len(document) > MOST_ENTRIES:
        raise Malformed(f"it has more than {MOST_ENTRIES} entries")
    return tuple(_entry(number, item) for number, item in enumerate(document, 1))


def _entry(number: int, item: Any) -> Entry:
    if not isinstance(item, dict):
        raise Malformed(f"entry {number} isn't an object")
    service, file, lines, path = (item.get(name) for name in PARTS)
    if not isinstance(service, str) or not isinstance(file, str):
        raise Malformed(f"entry {number}: service and file are texts")
    if not (isinstance(lines, list) and [type(line) for line in lines] == [int, int]):
        raise Malformed(f"entry {number}: lines is [from, to]")
    if not 1 <= lines[0] <= lines[1] <= LAST_LINE:
        raise Malformed(f"entry {number}: lines are counted from 1, the first before the last")
    if not (isinstance(path, list) and path and all(isinstance(name, str) for name in path)):
        raise Malformed(f"entry {number}: path is a list of names")
    names = tuple(_name(name) for name in path)
    return Entry(_name(service), file.strip().removeprefix("./"), range(lines[0], lines[1] + 1), names)


def _name(text: str) -> str:
    return text.strip().lower()


def diagnose(content: bytes | None, known: Sequence[Truth]) -> Diagnosis:
    """Judge a file's content, None where there is no file."""
    if content is None:
        return Diagnosis(trouble=f"{FILE} is missing")
    try:
        entries = read(content)
    except Malformed as error:
        return Diagnosis(trouble=f"{FILE}: {error}")
    if not entries or not known:
        right = Fraction(not entries and not known)
        return Diagnosis(right, right, len(entries), dict.fromkeys(PARTS, right))
    return _judged(entries, known)


def _judged(entries: Sequence[Entry], known: Sequence[Truth]) -> Diagnosis:
    targets = [(truth, place) for truth in known for place in truth.places]
    pairs = [
        (-sum(parts), number, target, parts)
        for number, entry in enumerate(entries)
        for target, (truth, place) in enumerate(targets)
        if sum(parts := compared(entry, truth, place))
    ]
    used: set[int] = set()
    taken: dict[int, tuple[Fraction, ...]] = {}
    for _, number, target, parts in sorted(pairs):
        if number not in used and target not in taken:
            used.add(number)
            taken[target] = parts
    best: dict[str, tuple[Fraction, ...]] = {}
    for target, parts in taken.items():
        bug = targets[target][0].bug
        best[bug] = max(best.get(bug, parts), parts, key=sum)
    by_part = {
        name: sum((parts[at] for parts in best.values()), Fraction(0)) / len(known) for at, name in enumerate(PARTS)
    }
    return Diagnosis(
        precision=sum((sum(parts, Fraction(0)) for parts in taken.values()), Fraction(0)) / len(PARTS) / len(entries),
        recall=sum(by_part.values(), Fraction(0)) / len(PARTS),
        entries=len(entries),
        parts=by_part,
    )


def compared(entry: Entry, truth: Truth, place: Place) -> tuple[Fraction, ...]:
    """The four parts of an entry against a place of a bug, in the order of `PARTS`."""
    same = entry.file == place.path
    whole = [other.lines for other in truth.places if other.path == place.path]
    return (
        Fraction(entry.service in truth.causes),
        Fraction(same),
        max(_overlap(entry.lines, [place.lines]), _overlap(entry.lines, whole)) if same else Fraction(0),
        path_part(entry.path, truth),
    )


def _overlap(named: range, true: Sequence[range]) -> Fraction:
    """Of a file that a bug removed no line can be named: the file is enough."""
    size = sum(map(len, true))
    if not size:
        return Fraction(1)
    common = sum(max(0, min(named.stop, lines.stop) - max(named.start, lines.start)) for lines in true)
    return Fraction(2 * common, len(named) + size)


def path_part(path: Sequence[str], truth: Truth) -> Fraction:
    """How well a path leads from a symptom to a cause."""
    if not truth.symptoms:
        return Fraction(path[-1] in truth.causes)
    counted = [*path[:1], *(name for name in path[1:-1] if name in COMPONENTS), *path[1:][-1:]]
    right = set(counted) & (truth.symptoms | truth.causes)
    ends = (path[0] in truth.symptoms) + (path[-1] in truth.causes)
    return harmonic(Fraction(len(right), len(counted)), Fraction(ends, 2))
