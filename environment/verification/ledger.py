"""What verification goes by the next time, beside the manifest: `measured.json.gz`.

The manifest says which tests a bug fails. The ledger says on which tree each of these pairs of a bug and a test was
measured, so that later only those run again that a change since then can touch, wherever the repository has been
cloned to. It holds no content: a tree is kept as prints (`environment/reach/prints.py`), and what a test reached with a
bug only where it went beyond what it reaches without: by a test that fails, or in the service that the bug edits. Equal
ledgers give equal bytes.

JSON, compressed (format 1)::

    {"format": 1,
     "map": "<digest of reach.json.gz, to which all numbers of tests and functions belong>",
     "files": {"services/…": ["<line of a print>", …]},      the reference
     "failed": ["tests/…"],                                   tests that it failed
     "held_out": {…},                                         what held-out tests reach, as in the map, if there are any
     "bugs": {"A1": {"files": {"services/…": {"gone": […], "come": […]}},   where its tree differs from the reference's
                     "tests": "<bits: the tests whose outcome with it is known>",
                     "failed": "<bits: those of them that failed>",          where missing, the manifest's
                     "reach": [[function, test, gap to the next, …], …],     what they reach beyond the reach map
                     "starts": ["<bits: functions>", …],                     what a fleet's start reaches beyond it
                     "imports": {"tests/…": ["services/…"]}}}}               of test modules, where they differ
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from environment.bugs.catalogue import PATCHES
from environment.bugs.errors import ManifestError
from environment.bugs.manifest import Manifest, TestInfo, manifest_or_empty
from environment.grading.results import Collected, Outcome, SuiteRun
from environment.reach.map_file import from_document, load_map, map_path, save_map, to_document
from environment.reach.prints import Print, difference, from_lines, patched, prints_of, to_lines
from environment.reach.reach_map import ReachMap
from environment.reach.recording import Recording, TestReach, is_unit
from environment.verification.records import Record, judged, module_of, renamed
from environment.workspace.reference import Reference

FORMAT = 1
NAME = "measured.json.gz"


class Ledger:
    """The record of the reference and those of bugs. Every change is written at once, in one step."""

    def __init__(self, folder: Path = PATCHES, held_out: Collection[str] = ()) -> None:
        self._folder = folder
        self._held_out = frozenset(held_out)
        """Modules of held-out tests: what they reach is no part of the reach map, which others read."""
        self.reference: Record | None = None
        self._bugs: dict[str, dict[str, Any]] = {}
        self._map_digest = ""

    def bug(self, bug_id: str, manifest: Manifest) -> Record | None:
        """The record of a bug, which may not be measured to its end; None when nothing is known of it."""
        document, measured = self._bugs.get(bug_id), manifest.bugs.get(bug_id)
        if document is None or self.reference is None:
            return None
        if "failed" in document:
            ids = sorted(self.reference.map.tests_known)
            return _bug_record(document, self.reference, {ids[number] for number in _bits(int(document["failed"], 16))})
        if measured is None:
            return None
        held_out = measured.held_out.tests if measured.held_out is not None else {}
        failed = {*measured.triggers, *(test_id for test_id, fails in held_out.items() if fails)}
        return _bug_record(document, self.reference, failed)

    def set_reference(self, record: Record, bugs: Mapping[str, Record]) -> None:
        """Go on from another reference, with what is still known of bugs on it."""
        self.reference = record
        save_map(_part(record.map, lambda module: module not in self._held_out), self._folder)
        self._map_digest = _digest_of_map(self._folder)
        self._bugs = {bug_id: _bug_document(bug, record) for bug_id, bug in bugs.items()}
        self._save()

    def set_bug(self, bug_id: str, record: Record) -> None:
        """Keep what is known of a bug on this reference."""
        assert self.reference is not None
        self._bugs[bug_id] = _bug_document(record, self.reference)
        self._save()

    def _held_out_document(self) -> dict[str, Any]:
        assert self.reference is not None
        part = _part(self.reference.map, lambda module: module in self._held_out)
        return {"held_out": _map_document(part)} if part.tests_known else {}

    def _save(self) -> None:
        assert self.reference is not None
        document = {
            "format": FORMAT,
            "map": self._map_digest,
            "files": {path: to_lines(known) for path, known in sorted(self.reference.prints.items())},
            "failed": sorted(self.reference.run.failed),
            **self._held_out_document(),
            "bugs": dict(sorted(self._bugs.items())),
        }
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        path = self._folder / NAME
        scratch = path.with_suffix(".new")
        scratch.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
        os.replace(scratch, path)

    @classmethod
    def load(cls, reference: Reference, folder: Path = PATCHES, held_out: Collection[str] = ()) -> Ledger:
        """The ledger beside a manifest. Without one that fits the reach map, it is believed what the manifest says of
        this very reference; else nothing is known."""
        ledger, manifest = cls(folder, held_out), manifest_or_empty(folder)
        try:
            reach = load_map(folder)
        except ManifestError:
            return ledger
        ledger._map_digest = _digest_of_map(folder)
        try:
            document = json.loads(gzip.decompress((folder / NAME).read_bytes()))
            if document["format"] == FORMAT and document["map"] == ledger._map_digest:
                ledger.reference = _reference_record(document, manifest, reach)
                ledger._bugs = document["bugs"]
                return ledger
        except (OSError, EOFError, KeyError, TypeError, ValueError, zlib.error):
            pass
        if manifest.reference == reference.digest and reach.tests_known == frozenset(manifest.tests):
            ledger.reference = Record(prints_of(judged(reference.files)), _passing(manifest, reach.tests_known), reach)
        return ledger


def _digest_of_map(folder: Path) -> str:
    return hashlib.sha256(map_path(folder).read_bytes()).hexdigest()[:24]


def _part(reach: ReachMap, wanted: Callable[[str], bool]) -> ReachMap:
    """The map of those tests whose module is wanted."""
    tests = {test_id: row for test_id, row in reach.recording.tests.items() if wanted(module_of(test_id))}
    imports = {module: files for module, files in reach.imports.items() if wanted(module)}
    return ReachMap(replace(reach.recording, tests=tests), imports)


def _map_document(part: ReachMap) -> dict[str, Any]:
    """A part of the map without the names of functions, which the map has."""
    return {name: value for name, value in to_document(part).items() if name != "functions"}


def _whole(reach: ReachMap, document: Mapping[str, Any]) -> ReachMap:
    """The map with such a part."""
    nothing = ReachMap(Recording(reach.names))
    part = from_document({**document, "functions": to_document(nothing)["functions"]})
    tests = {**reach.recording.tests, **part.recording.tests}
    return ReachMap(replace(reach.recording, tests=dict(sorted(tests.items()))), {**reach.imports, **part.imports})


def _passing(
    manifest: Manifest, tests: Collection[str], held_out: Collection[str] = (), failed: Collection[str] = ()
) -> SuiteRun:
    """A run in which all tests passed but some, as far as the manifest knows the tests; held-out ones stand nowhere
    else."""
    known = {**dict.fromkeys(held_out, TestInfo("", ())), **manifest.tests}
    return SuiteRun(
        {test_id: Outcome.FAILED if test_id in failed else Outcome.PASSED for test_id in sorted(tests)},
        collected={
            test_id: Collected(info.services, info.infrastructure_state)
            for test_id, info in known.items()
            if test_id in tests
        },
    )


def _reference_record(document: Mapping[str, Any], manifest: Manifest, reach: ReachMap) -> Record:
    prints = _without_missing({path: from_lines(lines) for path, lines in document["files"].items()})
    whole = _whole(reach, document["held_out"]) if "held_out" in document else reach
    held_out = whole.tests_known - reach.tests_known
    return Record(prints, _passing(manifest, whole.tests_known, held_out, frozenset(document["failed"])), whole)


def _without_missing(prints: Mapping[str, Print | None]) -> dict[str, Print]:
    return {path: known for path, known in prints.items() if known is not None}


def _bug_document(record: Record, reference: Record) -> dict[str, Any]:
    """What is to be kept of a bug's record, relative to the reference's."""
    ids = sorted(reference.map.tests_known)
    known = frozenset(record.run.outcomes)
    base, names = reference.map.recording, reference.map.names
    recording = renamed(record.map.recording, names, known)
    changed = {
        path
        for path in record.prints.keys() | reference.prints.keys()
        if record.prints.get(path) != reference.prints.get(path)
    }
    rooms = tuple({room_of(path) for path in changed})
    of_rooms = sum(1 << number for number, name in enumerate(names) if name.startswith(rooms))
    numbers = {test_id: number for number, test_id in enumerate(ids)}
    further: defaultdict[int, list[int]] = defaultdict(list)
    for test_id, number in numbers.items():
        if test_id in recording.tests:
            mask = recording.tests[test_id].mask & ~base.tests[test_id].mask
            if not is_unit(test_id):
                mask &= ~(base.start | base.idle)  # Counted for every test with a fleet.
            if test_id not in record.run.failed:
                mask &= of_rooms  # The rest is what happened to run at the time.
            for function in _bits(mask):
                further[function].append(number)
    imports = {
        module: sorted(files)
        for module, files in sorted(record.map.imports.items())
        if files != reference.map.imports.get(module)
    }
    return {
        "files": {path: difference(reference.prints.get(path), record.prints.get(path)) for path in sorted(changed)},
        "tests": _named_bits(numbers, known),
        "failed": _named_bits(numbers, known & record.run.failed),
        "reach": [[function, *_gaps(tests)] for function, tests in sorted(further.items())],
        "starts": [
            f"{own & ~common:x}"
            for own, common in (
                (recording.start, base.start),
                (recording.unit_start, base.unit_start),
                (recording.idle, base.idle),
            )
        ],
        "imports": imports,
    }


def room_of(path: str) -> str:
    """The folder of the service that a file belongs to; `shared/`, or whatever folder else it lies in."""
    parts = path.split("/")
    return "/".join(parts[: 2 if parts[0] == "services" else 1]) + "/"


def _bug_record(document: Mapping[str, Any], reference: Record, failed: Collection[str]) -> Record:
    """The record of a bug that such a document was made of; a test reaches at least what it did."""
    ids = sorted(reference.map.tests_known)
    base = reference.map.recording
    known = {ids[number] for number in _bits(int(document["tests"], 16))}
    further: defaultdict[str, int] = defaultdict(int)
    for function, *gaps in document["reach"]:
        for number in accumulate(gaps):
            further[ids[number]] |= 1 << function
    changed = {path: patched(reference.prints.get(path), lines) for path, lines in document["files"].items()}
    prints = _without_missing({**reference.prints, **changed})
    start, unit_start, idle = (int(mask, 16) for mask in document["starts"])
    recording = Recording(
        base.names,
        {
            test_id: TestReach(base.tests[test_id].mask | further[test_id], base.tests[test_id].seconds)
            for test_id in sorted(known)
        },
        base.start | start,
        base.unit_start | unit_start,
        base.idle | idle,
    )
    imports = {module: frozenset(files) for module, files in document["imports"].items()}
    run = SuiteRun({test_id: Outcome.FAILED if test_id in failed else Outcome.PASSED for test_id in sorted(known)})
    return Record(prints, run, ReachMap(recording, {**reference.map.imports, **imports}))


def _named_bits(numbers: Mapping[str, int], tests: Collection[str]) -> str:
    return f"{sum(1 << number for test_id, number in numbers.items() if test_id in tests):x}"


def _bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, ascending."""
    return [place for place, bit in enumerate(reversed(f"{mask:b}")) if bit == "1"]


def _gaps(numbers: Sequence[int]) -> list[int]:
    """Ascending numbers as the first and the differences."""
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]
