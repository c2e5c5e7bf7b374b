"""Reads the patch files into typed bugs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import HeaderParser
from pathlib import Path

from environment.bugs.diff import FileDiff, changed_lines, parse_diff
from environment.bugs.errors import CatalogueError, DiffError
from environment.bugs.families import id_key

HEADERS = (
    "Id",
    "Title",
    "Family",
    "Difficulty",
    "Services",
    "Depends-On",
    "Scenario",
    "Symptom",
    "Hint",
    "Explanation",
)
NONE = ("", "-", "–", "none")
"""What a header says when there is nothing to name."""

PATCHES = Path(__file__).parent


@dataclass(frozen=True)
class Bug:
    """One seeded bug. `diff` leads from the reference to the bug, all hunks located in the reference."""

    id: str
    title: str
    family: str
    difficulty: str
    services: tuple[str, ...]
    depends_on: tuple[str, ...]
    scenario: str
    symptom: str
    hint: str
    explanation: str
    diff: tuple[FileDiff, ...] = field(repr=False)
    diff_text: str = field(repr=False)
    digest: str
    source: Path = field(compare=False)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that the bug edits, relative to the root."""
        return tuple(item.path for item in self.diff)

    @property
    def size(self) -> int:
        """Changed lines."""
        return changed_lines(self.diff)


class Catalogue(Mapping[str, Bug]):
    """All bugs by id, in catalogue order (families L, A, B … K; numbers ascending)."""

    def __init__(self, bugs: Iterable[Bug]) -> None:
        self._bugs: dict[str, Bug] = {}
        for bug in sorted(bugs, key=lambda item: id_key(item.id)):
            if bug.id in self._bugs:
                raise CatalogueError(f"{bug.id} occurs twice: {self._bugs[bug.id].source} and {bug.source}")
            self._bugs[bug.id] = bug

    def __getitem__(self, bug_id: str) -> Bug:
        try:
            return self._bugs[bug_id]
        except KeyError:
            raise CatalogueError(f"There is no bug {bug_id}. `omnicloud bugs list` shows what there is.") from None

    def __contains__(self, bug_id: object) -> bool:
        return bug_id in self._bugs

    def __iter__(self) -> Iterator[str]:
        return iter(self._bugs)

    def __len__(self) -> int:
        return len(self._bugs)


def _words(value: str) -> tuple[str, ...]:
    words = (word.strip() for word in value.split(","))
    return tuple(word for word in words if word.lower() not in NONE)


def parse_bug(content: bytes, source: Path) -> Bug:
    """Read one patch file; raises `CatalogueError` when a header is missing or the diff can't be read.

    A header's value may go on in further lines that begin with a blank; they are joined by one blank.
    """
    head, blank, body = content.partition(b"\n\n")
    if not blank:
        raise CatalogueError(f"{source}: an empty line must part the header from the diff")
    message = HeaderParser().parsestr(head.decode() + "\n\n")
    values = {name: " ".join(str(message.get(name, "")).split()) for name in HEADERS}
    missing = [name for name in HEADERS if name not in message or (not values[name] and name != "Depends-On")]
    if missing:
        raise CatalogueError(f"{source}: missing in the header: {', '.join(missing)}")
    try:
        id_key(values["Id"])
        diff = parse_diff(body)
    except (ValueError, DiffError) as error:
        raise CatalogueError(f"{source}: {error}") from error
    return Bug(
        id=values["Id"],
        title=values["Title"],
        family=values["Family"],
        difficulty=values["Difficulty"],
        services=_words(values["Services"]),
        depends_on=tuple(dict.fromkeys(word.rstrip("*") for word in _words(values["Depends-On"]))),
        scenario="" if values["Scenario"].lower() in NONE else values["Scenario"],
        symptom=values["Symptom"],
        hint=values["Hint"],
        explanation=values["Explanation"],
        diff=diff,
        diff_text=body.decode(),
        digest=hashlib.sha256(body).hexdigest(),
        source=source,
    )


def load_catalogue(folder: Path = PATCHES) -> Catalogue:
    """All bugs below a folder of `<family>/<ID>.patch` files; raises `CatalogueError` at the first malformed one."""
    return Catalogue(parse_bug(path.read_bytes(), path) for path in sorted(folder.glob("*/*.patch")))
