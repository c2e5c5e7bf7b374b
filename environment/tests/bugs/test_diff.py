"""Diffs are read strictly and applied in one pass, byte for byte."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.bugs.diff import compose, edits_of, overlap, parse_diff, split_lines, unified
from environment.bugs.errors import DiffError
from environment.workspace.reference import git

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"\r\n", b"x\x0cy\n", "ä\n".encode()]), max_size=12)
CONTENTS = st.builds(lambda lines, last: b"".join(lines) + last, LINES, st.sampled_from([b"", b"end"]))


@given(CONTENTS, CONTENTS)
def test_a_diff_leads_from_old_to_new_and_back(old: bytes, new: bytes) -> None:
    if old == new:
        assert unified("f", old, new) == b""
        return
    assert compose({"f": old}, [("x", parse_diff(unified("f", old, new)))]) == {"f": new}
    assert compose({"f": new}, [("x", parse_diff(unified("f", new, old)))]) == {"f": old}


def test_git_applies_what_unified_makes(tmp_path: Path) -> None:
    dice = random.Random(7)
    for number in range(20):
        old, new = (b"".join(dice.choice([b"a\n", b"b\n", b"c\n"]) for _ in range(12)) for _ in range(2))
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "f").write_bytes(old)
        (folder / "p").write_bytes(unified("f", old, new.rstrip(b"\n")))
        assert git(folder, "apply", "p").returncode == 0
        assert (folder / "f").read_bytes() == new.rstrip(b"\n")


def test_files_are_created_and_deleted() -> None:
    created = parse_diff(unified("new", None, b"1\n2"))
    deleted = parse_diff(unified("old", b"1\n2\n", None))
    assert compose({"old": b"1\n2\n"}, [("a", created), ("b", deleted)]) == {"new": b"1\n2", "old": None}


@given(st.permutations(["A", "B", "C"]))
def test_disjoint_diffs_compose_in_any_order(order: list[str]) -> None:
    lines = [b"%d\n" % number for number in range(30)]
    source = b"".join(lines)
    # Edits so near to each other that each lies in the context of the next.
    changed = {
        "A": [*lines[:10], b"ten\n", *lines[11:]],
        "B": [*lines[:11], b"inserted\n", *lines[11:]],
        "C": [*lines[:11], *lines[12:20], b"twenty\n", *lines[20:]],
    }
    diffs = {name: parse_diff(unified("f", source, b"".join(new))) for name, new in changed.items()}
    expected = [*lines[:10], b"ten\n", b"inserted\n", *lines[12:20], b"twenty\n", *lines[20:]]
    assert compose({"f": source}, [(name, diffs[name]) for name in order]) == {"f": b"".join(expected)}


def test_the_same_line_twice_is_refused() -> None:
    source = b"1\n2\n3\n"
    one, other = parse_diff(unified("f", source, b"1\nx\n3\n")), parse_diff(unified("f", source, b"1\ny\n3\n"))
    with pytest.raises(DiffError, match="A and B edit the same lines"):
        compose({"f": source}, [("A", one), ("B", other)])


def test_two_insertions_at_one_place_are_refused() -> None:
    source = b"1\n2\n"
    one, other = parse_diff(unified("f", source, b"1\nx\n2\n")), parse_diff(unified("f", source, b"1\ny\n2\n"))
    with pytest.raises(DiffError):
        compose({"f": source}, [("A", one), ("B", other)])


def test_a_deleted_file_is_edited_by_nobody_else() -> None:
    source = b"1\n2\n"
    gone, edit = parse_diff(unified("f", source, None)), parse_diff(unified("f", source, b"1\nx\n"))
    with pytest.raises(DiffError, match="A deletes the file that B edits"):
        compose({"f": source}, [("A", gone), ("B", edit)])


@given(st.integers(0, 20), st.integers(0, 20))
def test_overlap_is_symmetric_and_means_shared_lines(first: int, second: int) -> None:
    source = b"".join(b"%d\n" % number for number in range(21))
    edits = []
    for at in (first, second):
        lines = split_lines(source)
        lines[at] = b"x\n"
        edits += edits_of(parse_diff(unified("f", source, b"".join(lines)))[0], source)
    for one, other in itertools.permutations(edits, 2):
        assert overlap(one, other) == (first == second)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no diff"),
        ("--- a/f\n", "isn't followed"),
        ("--- a/f\n+++ b/f\n", "no hunk"),
        ("--- a/f\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n", "renames"),
        ("--- a/../f\n+++ b/../f\n@@ -1 +1 @@\n-a\n+b\n", "inside the tree"),
        ("--- f\n+++ f\n@@ -1 +1 @@\n-a\n+b\n", "must begin with"),
        ("--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-a\n+b\n", "cut off"),
        ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n?a\n", "unexpected line"),
        ("@@ -1 +1 @@\n-a\n+b\n", "before any"),
        ("rename from a\n", "only edits of text"),
    ],
)
def test_a_malformed_diff_is_refused(text: str, message: str) -> None:
    with pytest.raises(DiffError, match=message):
        parse_diff(text.encode())


def test_a_shifted_hunk_is_refused() -> None:
    diff = parse_diff(unified("f", b"1\n2\n3\n", b"1\nx\n3\n"))
    with pytest.raises(DiffError, match="doesn't have the lines"):
        compose({"f": b"0\n1\n2\n3\n"}, [("A", diff)])
    with pytest.raises(DiffError, match="not in the reference"):
        compose({}, [("A", diff)])
