"""Held-out tests: they tell whether a repair holds for inputs that nobody has seen who made it.

`environment/held_out/<category>/<service>/test_<bug's id>_<words>.py` is written as if it lay in
`tests/<category>/<service>/`, and is laid there for the runs that need it. No workspace has any of them, and they don't
count in the pass rate.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from environment.bugs.catalogue import PATCHES
from environment.bugs.errors import CatalogueError
from environment.bugs.manifest import CATEGORIES

HELD_OUT = PATCHES.parent / "held_out"
NAME = re.compile(r"test_([a-z]\d{1,2})_\w+\.py")


@dataclass(frozen=True)
class HeldOut:
    """The held-out tests of one bug: where they are laid, and their content."""

    files: Mapping[str, bytes]

    @cached_property
    def digest(self) -> str:
        """Over paths and contents: what was measured holds as long as it stays the same."""
        total = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            total.update(f"{path}\0{hashlib.sha256(content).hexdigest()}\n".encode())
        return total.hexdigest()[:24]

    def __contains__(self, test_id: str) -> bool:
        """Whether a test is one of these."""
        return test_id.partition("::")[0] in self.files


def load_held_out(folder: Path = HELD_OUT) -> dict[str, HeldOut]:
    """The held-out tests by the id of their bug; raises `CatalogueError` for a file that belongs to none."""
    found: dict[str, dict[str, bytes]] = {}
    for file in sorted(folder.glob("**/*.py")):
        place = file.relative_to(folder)
        name = NAME.fullmatch(place.name)
        if name is None or len(place.parts) != 3 or place.parts[0] not in CATEGORIES:
            raise CatalogueError(f"{file}: a held-out test is <category>/<service>/test_<id>_<words>.py")
        found.setdefault(name[1].upper(), {})[f"tests/{place.as_posix()}"] = file.read_bytes()
    return {bug_id: HeldOut(files) for bug_id, files in sorted(found.items())}


def all_files(held_out: Mapping[str, HeldOut]) -> dict[str, bytes]:
    """All files of all bugs."""
    return {path: content for item in held_out.values() for path, content in item.files.items()}
