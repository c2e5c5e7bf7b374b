"""Audit patches: repairs of a bug, right ones and wrong ones, by which the tests are judged.

`environment/bugs/<family>/<ID>.audit/{wrong,right}-<words>.patch` is a header (`Title:`, `Why:`), an empty line, and a
diff from the reference to the tree that somebody hands in: the repair, instead of the bug.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.parser import HeaderParser
from enum import StrEnum
from pathlib import Path

from environment.bugs.catalogue import PATCHES
from environment.bugs.diff import FileDiff, compose, parse_diff
from environment.bugs.errors import CatalogueError, DiffError
from environment.bugs.families import id_key


class Kind(StrEnum):
    """What the tests ought to say."""

    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True)
class AuditPatch:
    """A repair of one bug, with why it is wrong, or right all the same."""

    bug: str
    kind: Kind
    words: str
    title: str
    why: str
    diff: tuple[FileDiff, ...] = field(repr=False)
    digest: str
    source: Path = field(compare=False)

    @property
    def name(self) -> str:
        """`<ID>/<kind>-<words>`, which no other has."""
        return f"{self.bug}/{self.kind}-{self.words}"

    def applied(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The tree that is handed in; raises `DiffError` when the patch doesn't fit."""
        result = dict(files)
        try:
            edited = compose(files, [(self.name, self.diff)])
        except DiffError as error:
            raise DiffError(f"{self.name}: {error}") from error
        for path, content in edited.items():
            if content is None:
                del result[path]
            else:
                result[path] = content
        return dict(sorted(result.items()))


def audit_files(folder: Path = PATCHES) -> Iterator[Path]:
    """All audit patches of a catalogue, in the order of its bugs."""
    found = [(path.parent.name.removesuffix(".audit"), path) for path in folder.glob("*/*.audit/*.patch")]
    for _, path in sorted(found, key=lambda item: (_place(item[0]), item[1].name)):
        yield path


def _place(bug_id: str) -> tuple[int, int]:
    try:
        return id_key(bug_id)
    except ValueError:
        return (-1, 0)


def parse_audit(content: bytes, source: Path) -> AuditPatch:
    """Read one file; raises `CatalogueError` when its name, its header or its diff is wrong."""
    kind, _, words = source.stem.partition("-")
    if kind not in tuple(Kind) or not words:
        raise CatalogueError(f"{source}: the file must be wrong-<words>.patch or right-<words>.patch")
    head, blank, body = content.partition(b"\n\n")
    if not blank:
        raise CatalogueError(f"{source}: an empty line must part the header from the diff")
    message = HeaderParser().parsestr(head.decode() + "\n\n")
    values = {name: " ".join(str(message.get(name, "")).split()) for name in ("Title", "Why")}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise CatalogueError(f"{source}: missing in the header: {', '.join(missing)}")
    bug_id = source.parent.name.removesuffix(".audit")
    try:
        id_key(bug_id)
        diff = parse_diff(body)
    except (ValueError, DiffError) as error:
        raise CatalogueError(f"{source}: {error}") from error
    digest = hashlib.sha256(body).hexdigest()
    return AuditPatch(bug_id, Kind(kind), words, values["Title"], values["Why"], diff, digest, source)


def load_audits(folder: Path = PATCHES) -> list[AuditPatch]:
    """All audit patches; raises `CatalogueError` at the first malformed one."""
    return [parse_audit(path.read_bytes(), path) for path in audit_files(folder)]
