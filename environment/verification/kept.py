"""Outcomes that are kept from one verification to the next, with the tree that they were measured on.

A record belongs to the reference or to one bug. It holds the whole tree (contents are stored once, whoever has them),
what its tests gave and what they reached in that tree; so it can be said later which of them a change leaves alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment.bugs.errors import ManifestError
from environment.grading.results import Collected, Outcome, SuiteRun
from environment.reach.map_file import from_document, to_document
from environment.reach.reach_map import ReachMap
from environment.workspace.contents import bears_on_verdicts

FORMAT = 1
REFERENCE = "reference"


@dataclass(frozen=True)
class Record:
    """What is known of one tree: outcomes of tests, and the map of what they reached."""

    files: Mapping[str, bytes]
    run: SuiteRun
    map: ReachMap


class Kept:
    """A folder of records. Every record is written in one step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> Record | None:
        """The record of the reference or of a bug; None when there is none that can be read."""
        try:
            document = json.loads(gzip.decompress(self._path(name).read_bytes()))
            if document["format"] != FORMAT:
                return None
            files = {path: self._content(digest) for path, digest in document["tree"].items()}
            return Record(files, _run_of(document), from_document(document["map"]))
        except (OSError, EOFError, KeyError, TypeError, ValueError, zlib.error, ManifestError):
            return None

    def save(self, name: str, record: Record) -> None:
        """Keep a record in the place of an earlier one; files that no verdict depends on are left out."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        tree = {path: self._store(content) for path, content in record.files.items() if bears_on_verdicts(path)}
        run = record.run
        document = {
            "format": FORMAT,
            "tree": tree,
            "outcomes": {test_id: outcome.value for test_id, outcome in run.outcomes.items()},
            "messages": dict(run.messages),
            "unstable": sorted(run.unstable),
            "collected": {
                test_id: (item.services, item.infrastructure_state) for test_id, item in run.collected.items()
            },
            "map": to_document(record.map),
        }
        _write(self._path(name), gzip.compress(json.dumps(document).encode(), compresslevel=6, mtime=0))

    def forget(self, names: frozenset[str]) -> None:
        """Remove the records of all but these, and contents that nobody has any more."""
        used: set[str] = set()
        for path in self._folder.glob("*.json.gz"):
            name = path.name.removesuffix(".json.gz")
            if name not in names:
                path.unlink()
                continue
            used |= set(json.loads(gzip.decompress(path.read_bytes()))["tree"].values())
        for path in self._folder.glob("contents/*/*"):
            if path.parent.name + path.name not in used:
                path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json.gz"

    def _blob(self, digest: str) -> Path:
        return self._folder / "contents" / digest[:2] / digest[2:]

    def _content(self, digest: str) -> bytes:
        return zlib.decompress(self._blob(digest).read_bytes())

    def _store(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()[:40]
        if not self._blob(digest).is_file():
            self._blob(digest).parent.mkdir(parents=True, exist_ok=True)
            _write(self._blob(digest), zlib.compress(content))
        return digest


def _write(path: Path, content: bytes) -> None:
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    scratch.write_bytes(content)
    os.replace(scratch, path)


def _run_of(document: Mapping[str, Any]) -> SuiteRun:
    return SuiteRun(
        {test_id: Outcome(word) for test_id, word in document["outcomes"].items()},
        document["messages"],
        {test_id: Collected(tuple(services), flag) for test_id, (services, flag) in document["collected"].items()},
        unstable=frozenset(document["unstable"]),
    )
