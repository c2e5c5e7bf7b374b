"""The reach map as a file. Equal maps give equal bytes, and the file holds names only: no digest of any content.

JSON, compressed: the names of functions by file; for each test its seconds and a row; rows as numbers in base 16 whose
bits stand for functions, each row only as its difference from the one before (tests of one module reach much alike).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby
from operator import xor
from pathlib import Path
from typing import Any

from environment.bugs.catalogue import PATCHES
from environment.bugs.errors import ManifestError
from environment.reach.reach_map import ReachMap
from environment.reach.recording import Recording, TestReach

FORMAT = 1
NAME = "reach.json.gz"


def map_path(folder: Path = PATCHES) -> Path:
    """Where a catalogue's map lies: beside its manifest."""
    return folder / NAME


def load_map(folder: Path = PATCHES) -> ReachMap:
    """The map of a catalogue; raises `ManifestError` when there is none that can be read."""
    try:
        return from_bytes(map_path(folder).read_bytes())
    except FileNotFoundError:
        raise ManifestError(f"{NAME} is missing. Make it with `omnicloud bugs verify`.") from None


def save_map(reach_map: ReachMap, folder: Path = PATCHES) -> None:
    """Write the map in one step: a crash leaves the old one or the new one."""
    scratch = map_path(folder).with_suffix(".new")
    scratch.write_bytes(to_bytes(reach_map))
    os.replace(scratch, map_path(folder))


def to_bytes(reach_map: ReachMap) -> bytes:
    """The map as a file's content."""
    text = json.dumps(to_document(reach_map), separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def from_bytes(content: bytes) -> ReachMap:
    """Read a map; raises `ManifestError` when it isn't one of this format."""
    try:
        document = json.loads(gzip.decompress(content))
        if document["format"] != FORMAT:
            raise ManifestError(f"{NAME} has format {document['format']}, this version reads {FORMAT}.")
        return from_document(document)
    except (OSError, EOFError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"{NAME} can't be read. Make it anew with `omnicloud bugs verify`.") from error


def to_document(reach_map: ReachMap) -> dict[str, Any]:
    """The map as JSON values."""
    recording = reach_map.recording
    tests = sorted(recording.tests)
    modules = sorted(reach_map.imports)
    files = sorted(set().union(*reach_map.imports.values()))
    places = {path: place for place, path in enumerate(files)}
    return {
        "format": FORMAT,
        "functions": _by_file(recording.names),
        "tests": _by_file(tests),
        "seconds": [round(recording.tests[test_id].seconds, 2) for test_id in tests],
        "rows": _differences([recording.tests[test_id].mask for test_id in tests]),
        "start": f"{recording.start:x}",
        "unit_start": f"{recording.unit_start:x}",
        "idle": f"{recording.idle:x}",
        "files": files,
        "modules": modules,
        "imports": _differences([sum(1 << places[path] for path in reach_map.imports[module]) for module in modules]),
    }


def from_document(document: Mapping[str, Any]) -> ReachMap:
    """The map of such values."""
    tests = _joined(document["tests"])
    rows = zip(_masks(document["rows"]), document["seconds"], strict=True)
    recording = Recording(
        tuple(_joined(document["functions"])),
        {test_id: TestReach(mask, seconds) for test_id, (mask, seconds) in zip(tests, rows, strict=True)},
        *(int(document[name], 16) for name in ("start", "unit_start", "idle")),
    )
    files, imports = document["files"], _masks(document["imports"])
    return ReachMap(
        recording,
        {
            module: frozenset(path for place, path in enumerate(files) if mask >> place & 1)
            for module, mask in zip(document["modules"], imports, strict=True)
        },
    )


def _by_file(names: Sequence[str]) -> list[list[str]]:
    """Names that begin alike, as the beginning and then the ends; the order stays."""
    groups = groupby((name.partition("::") for name in names), key=lambda parts: parts[0])
    return [[path, *(end for _, _, end in group)] for path, group in groups]


def _joined(groups: Sequence[Sequence[str]]) -> list[str]:
    return [f"{path}::{end}" for path, *ends in groups for end in ends]


def _differences(masks: Sequence[int]) -> list[str]:
    return [f"{mask ^ before:x}" for mask, before in zip(masks, [0, *masks], strict=False)]


def _masks(differences: Sequence[str]) -> list[int]:
    return list(accumulate((int(text, 16) for text in differences), xor))
