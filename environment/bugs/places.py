"""Where bugs lie in the files of a workspace that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from environment.bugs.catalogue import Bug
from environment.bugs.diff import Edit, edits_of, split_lines


@dataclass(frozen=True)
class Place:
    """Consecutive lines of one file that one bug wrote, or that stand around lines that it left out."""

    bug: str
    path: str
    lines: range
    """In the workspace's numbering, counted from 1; empty when the bug removed the file."""


def places(reference: Mapping[str, bytes], bugs: Iterable[Bug]) -> tuple[Place, ...]:
    """The places of all these bugs in the workspace that holds all of them, by path and line.

    Lines that a bug only removes can't be named any more: the line before and the line after the gap stand for them.
    Raises `DiffError` when a patch doesn't fit.
    """
    edits: dict[str, list[Edit]] = {}
    removed: set[str] = set()
    for bug in bugs:
        for diff in bug.diff:
            edits.setdefault(diff.path, []).extend(edits_of(diff, reference.get(diff.path), bug.id))
            if diff.deletes:
                removed.add(diff.path)
    return tuple(
        place
        for path in sorted(edits)
        for place in _in_file(path, sorted(edits[path]), reference.get(path), path in removed)
    )


def _in_file(path: str, edits: list[Edit], content: bytes | None, removed: bool) -> Iterable[Place]:
    if removed:
        yield Place(edits[0].owner, path, range(0))
        return
    count = len(split_lines(content or b"")) + sum(len(edit.replacement) - edit.end + edit.start for edit in edits)
    shift = 0
    for edit in edits:
        first = edit.start + shift + 1
        if edit.replacement:
            lines = range(first, first + len(edit.replacement))
        else:
            lines = range(max(1, first - 1), min(count, first) + 1)
        shift += len(edit.replacement) - (edit.end - edit.start)
        yield Place(edit.owner, path, lines)
