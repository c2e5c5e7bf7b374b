"""Reads what the recorder and its plugin noted in a copy of the tree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from environment.reach import plugin, recorder

BITS = bytes.maketrans(bytes(range(256)), b"0" + b"1" * 255)


@dataclass(frozen=True)
class TestReach:
    """What one test reached, as a mask over the recording's names: bit n stands for the n-th function."""

    __test__ = False  # not a test class of pytest's

    mask: int
    seconds: float


@dataclass(frozen=True)
class Recording:
    """What the processes of one run, or of several, noted over the same functions."""

    names: tuple[str, ...]
    tests: Mapping[str, TestReach] = field(default_factory=dict)
    start: int = 0
    """What a fleet's start reached, the imports of the process that judges it included."""
    unit_start: int = 0
    """What the imports of unit tests reached."""
    idle: int = 0
    """What a fleet that is left alone reached."""


def read_recording(tree: Path, names: Sequence[str]) -> Recording:
    """The notes in a copy of the tree; an empty recording when nothing ran there.

    A test that was begun twice reaches what it reached in either run; one that wasn't ended counts with what it reached
    until then.
    """
    path = tree / plugin.ROWS
    if not path.is_file():
        return Recording(tuple(names))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    masks = _masks(tree / recorder.NOTES, len(names), {line["row"] for line in lines})
    ends = {line["row"]: line for line in lines if line["kind"] == "end"}
    tests: dict[str, TestReach] = {}
    starts: dict[bool, int] = {True: 0, False: 0}
    idle = 0
    for line in lines:
        row, kind = line["row"], line["kind"]
        if kind == "idle":
            idle |= masks[row]
        if kind == "test":
            end = ends.get(row, {"seconds": 0.0, "shared": []})
            mask = masks[row]
            for shared in end["shared"]:
                mask |= masks[shared]
            before = tests.get(line["id"], TestReach(0, 0.0))
            tests[line["id"]] = TestReach(mask | before.mask, max(end["seconds"], before.seconds))
            starts[is_unit(line["id"])] |= masks[line["start"]]
    return Recording(tuple(names), tests, starts[False], starts[True], idle)


def _masks(path: Path, columns: int, rows: Iterable[int]) -> dict[int, int]:
    masks: dict[int, int] = {}
    width = json.loads((path.parent / recorder.LAYOUT).read_text())["columns"]
    with path.open("rb") as file:
        for row in sorted(rows):
            file.seek(recorder.HEADER + row * width)
            noted = file.read(width)[:columns]
            # The n-th byte becomes the n-th bit.
            masks[row] = int(noted[::-1].translate(BITS) or b"0", 2)
    return masks


def is_unit(test_id: str) -> bool:
    """Whether a test runs in a process without a fleet."""
    return test_id.startswith(plugin.UNIT)


def merged_recordings(first: Recording, *others: Recording) -> Recording:
    """Several recordings over the same functions as one."""
    tests = dict(first.tests)
    start, unit_start, idle = first.start, first.unit_start, first.idle
    for other in others:
        if other.names != first.names:
            raise ValueError("recordings of different functions can't be merged")
        for test_id, reach in other.tests.items():
            known = tests.get(test_id, TestReach(0, 0.0))
            tests[test_id] = TestReach(known.mask | reach.mask, max(known.seconds, reach.seconds))
        start, unit_start, idle = start | other.start, unit_start | other.unit_start, idle | other.idle
    return Recording(first.names, tests, start, unit_start, idle)
