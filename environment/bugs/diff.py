"""Unified diffs, read strictly and applied in one pass.

Every hunk of every bug is located in the *reference* source, not in the result of another bug. So a set of diffs is
applied to the reference in one pass and in any order: each diff is reduced to edits (`start`, `end`, replacement) of
reference lines, the edits of all diffs are sorted, checked to be disjoint, and spliced. Nothing is searched for, no
offset and no fuzz is allowed: a line that differs by one byte from what the diff says is a `DiffError`.

Restoring is the same operation: the files of a set without one bug are composed anew from the reference.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from environment.bugs.errors import DiffError

HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
NO_NEWLINE = b"\\ No newline at end of file"
NOWHERE = "/dev/null"


@dataclass(frozen=True)
class Hunk:
    """One hunk: where it starts in the reference (counted from 1) and its old and new lines, line ends included."""

    old_start: int
    lines: tuple[tuple[bytes, bytes], ...]
    """Pairs of a sign (b" ", b"-" or b"+") and a line."""

    def old(self) -> list[bytes]:
        """The lines that the reference must have there."""
        return [line for sign, line in self.lines if sign != b"+"]


@dataclass(frozen=True)
class FileDiff:
    """What a diff does to one file. `creates` and `deletes` stand for a side that is /dev/null."""

    path: str
    hunks: tuple[Hunk, ...]
    creates: bool = False
    deletes: bool = False


@dataclass(frozen=True, order=True)
class Edit:
    """Reference lines `[start, end)` (from 0) give way to `replacement`; `start == end` only inserts."""

    start: int
    end: int
    replacement: tuple[bytes, ...]
    owner: str = ""


def split_lines(content: bytes) -> list[bytes]:
    """Lines with their ends; only b"\\n" ends a line, so that joining them gives the same bytes."""
    lines = content.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def parse_diff(text: bytes) -> tuple[FileDiff, ...]:
    """Read a unified diff in git's form (`a/` and `b/` prefixes); raises `DiffError` on anything else.

    Renames, mode changes and binary patches are refused: a bug is an edit of text.
    """
    lines = split_lines(text)
    files: list[FileDiff] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.startswith((b"rename ", b"copy ", b"GIT binary", b"Binary files", b"old mode", b"new mode")):
            raise DiffError(f"only edits of text are supported, not: {line.decode(errors='replace').strip()}")
        if line.startswith(b"--- "):
            file_diff, position = _parse_file(lines, position)
            files.append(file_diff)
        elif HUNK.match(line):
            raise DiffError("a hunk stands before any '---'/'+++' pair")
        else:
            position += 1
    if not files:
        raise DiffError("there is no diff")
    paths = [item.path for item in files]
    if len(set(paths)) != len(paths):
        raise DiffError("one file occurs twice in a diff: merge its hunks")
    return tuple(files)


def _parse_file(lines: Sequence[bytes], position: int) -> tuple[FileDiff, int]:
    if position + 1 >= len(lines) or not lines[position + 1].startswith(b"+++ "):
        raise DiffError("a '---' line isn't followed by a '+++' line")
    old, new = _name(lines[position], "a/"), _name(lines[position + 1], "b/")
    position += 2
    path = new if old == NOWHERE else old
    if NOWHERE not in (old, new) and old != new:
        raise DiffError(f"{old} and {new} differ: renames aren't supported")
    hunks: list[Hunk] = []
    while position < len(lines) and (match := HUNK.match(lines[position])):
        hunk, position = _parse_hunk(lines, position + 1, match, path)
        hunks.append(hunk)
    if not hunks:
        raise DiffError(f"{path}: no hunk")
    return FileDiff(path, tuple(hunks), creates=old == NOWHERE, deletes=new == NOWHERE), position


def _name(line: bytes, prefix: str) -> str:
    name = line[4:].rstrip(b"\n").split(b"\t")[0].decode()
    if name == NOWHERE:
        return name
    if not name.startswith(prefix):
        raise DiffError(f"{name}: a path must begin with '{prefix}'")
    name = name[len(prefix) :]
    if name.startswith("/") or ".." in name.split("/"):
        raise DiffError(f"{name}: a path must stay inside the tree")
    return name


def _parse_hunk(lines: Sequence[bytes], position: int, match: re.Match[bytes], path: str) -> tuple[Hunk, int]:
    start = int(match[1])
    old_left, new_left = int(match[2] or 1), int(match[4] or 1)
    body: list[tuple[bytes, bytes]] = []
    while old_left or new_left or (position < len(lines) and lines[position].startswith(NO_NEWLINE)):
        if position >= len(lines):
            raise DiffError(f"{path}: the hunk at line {start} is cut off")
        line = lines[position]
        position += 1
        if line.startswith(NO_NEWLINE):
            sign, text = body[-1]
            body[-1] = (sign, text.removesuffix(b"\n"))
            continue
        sign, text = (b" ", b"\n") if line == b"\n" else (line[:1], line[1:])
        if sign not in (b" ", b"-", b"+"):
            raise DiffError(f"{path}: unexpected line in the hunk at line {start}")
        old_left -= sign != b"+"
        new_left -= sign != b"-"
        body.append((sign, text))
    if old_left or new_left:
        raise DiffError(f"{path}: the counts of the hunk at line {start} don't fit its lines")
    return Hunk(start, tuple(body)), position


def edits_of(diff: FileDiff, content: bytes | None, owner: str = "") -> list[Edit]:
    """The edits of one file's diff, checked byte for byte against the reference's content (None: no such file)."""
    if diff.creates:
        if content is not None:
            raise DiffError(f"{diff.path}: the diff creates it, but the reference has it")
        return [Edit(0, 0, tuple(line for _, line in diff.hunks[0].lines), owner)]
    if content is None:
        raise DiffError(f"{diff.path}: not in the reference")
    lines = split_lines(content)
    if diff.deletes and (len(diff.hunks) != 1 or diff.hunks[0].old() != lines):
        raise DiffError(f"{diff.path}: the diff deletes it, but with other lines than the reference's")
    edits: list[Edit] = []
    for hunk in diff.hunks:
        edits.extend(_hunk_edits(diff.path, hunk, lines, owner))
    return edits


def _hunk_edits(path: str, hunk: Hunk, lines: Sequence[bytes], owner: str) -> list[Edit]:
    old = hunk.old()
    # A hunk without old lines names the line *after* which it inserts.
    at = hunk.old_start - 1 if old else hunk.old_start
    if list(lines[at : at + len(old)]) != old:
        raise DiffError(f"{path}: the reference doesn't have the lines of the hunk at line {hunk.old_start}")
    edits: list[Edit] = []
    start = at
    added: list[bytes] = []
    for sign, line in [*hunk.lines, (b" ", b"")]:
        if sign == b" ":
            if at > start or added:
                edits.append(Edit(start, at, tuple(added), owner))
            at += 1
            start, added = at, []
        elif sign == b"-":
            at += 1
        else:
            added.append(line)
    return edits


def overlap(first: Edit, second: Edit) -> bool:
    """Whether two edits touch the same reference lines, or insert at the same place."""
    if first.start == first.end and second.start == second.end:
        return first.start == second.start
    return max(first.start, second.start) < min(first.end, second.end)


def compose(
    reference: Mapping[str, bytes | None], diffs: Iterable[tuple[str, Sequence[FileDiff]]]
) -> dict[str, bytes | None]:
    """Apply the diffs of several owners to the reference in one pass; the order of `diffs` has no effect.

    `reference` gives the content of every file that the diffs touch (None: not there). The answer has the new
    content of each touched file, None for a deleted one. Raises `DiffError` when two owners edit the same lines.
    """
    edits: dict[str, list[Edit]] = {}
    deleted: dict[str, str] = {}
    for owner, files in diffs:
        for diff in files:
            edits.setdefault(diff.path, []).extend(edits_of(diff, reference.get(diff.path), owner))
            if diff.deletes:
                deleted[diff.path] = owner
    return {path: _splice(path, reference.get(path), found, deleted.get(path)) for path, found in edits.items()}


def _splice(path: str, content: bytes | None, edits: list[Edit], deleted_by: str | None) -> bytes | None:
    edits.sort()
    if deleted_by is not None:
        others = sorted({edit.owner for edit in edits} - {deleted_by})
        if others:
            raise DiffError(f"{path}: {deleted_by} deletes the file that {', '.join(others)} edits")
        return None
    lines = split_lines(content or b"")
    result: list[bytes] = []
    at = 0
    for number, edit in enumerate(edits):
        for other in edits[number + 1 :]:
            if overlap(edit, other):
                raise DiffError(f"{path}: {edit.owner} and {other.owner} edit the same lines ({edit.start + 1})")
        result += lines[at : edit.start]
        result += edit.replacement
        at = edit.end
    return b"".join(result + lines[at:])


def unified(path: str, old: bytes | None, new: bytes | None) -> bytes:
    """A diff of one file that `parse_diff` and `git apply` read; empty when nothing differs."""
    if old == new:
        return b""
    head = [b"--- " + (f"a/{path}" if old is not None else NOWHERE).encode() + b"\n"]
    head.append(b"+++ " + (f"b/{path}" if new is not None else NOWHERE).encode() + b"\n")
    names = (b"", b"", b"", b"")
    body = list(difflib.diff_bytes(difflib.unified_diff, split_lines(old or b""), split_lines(new or b""), *names))
    lines = [line if line.endswith(b"\n") else line + b"\n" + NO_NEWLINE + b"\n" for line in head + body[2:]]
    mode = {(True, False): b"new file mode 100644\n", (False, True): b"deleted file mode 100644\n"}
    return f"diff --git a/{path} b/{path}\n".encode() + mode.get((old is None, new is None), b"") + b"".join(lines)


def changed_lines(diffs: Iterable[FileDiff]) -> int:
    """How many lines a diff changes: the greater of removed and added, summed over its hunks."""
    total = 0
    for diff in diffs:
        for hunk in diff.hunks:
            signs = [sign for sign, _ in hunk.lines]
            total += max(signs.count(b"-"), signs.count(b"+"))
    return total


def added_lines(diffs: Iterable[FileDiff]) -> list[str]:
    """The lines that a diff adds, as text."""
    return [
        line.decode(errors="replace").rstrip("\n")
        for diff in diffs
        for hunk in diff.hunks
        for sign, line in hunk.lines
        if sign == b"+"
    ]
