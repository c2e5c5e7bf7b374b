"""Where bugs lie in the files of a workspace."""

from __future__ import annotations

from dataclasses import replace

from environment.bugs.catalogue import Bug, Catalogue
from environment.bugs.diff import parse_diff, unified
from environment.bugs.places import Place, places
from environment.workspace.reference import Reference

PATH = "shared/numbers.txt"
LINES = [f"{number}\n".encode() for number in range(1, 11)]
REFERENCE = {PATH: b"".join(LINES)}


def bug(catalogue: Catalogue, bug_id: str, changed: bytes | None) -> Bug:
    return replace(catalogue[bug_id], diff=parse_diff(unified(PATH, REFERENCE[PATH], changed)))


def edited(**lines: bytes) -> bytes:
    """The file with other content for lines named `n<number>`."""
    return b"".join(lines.get(f"n{number}", line) for number, line in enumerate(LINES, 1))


def test_lines_are_counted_in_the_workspace_that_holds_all_bugs(catalogue: Catalogue) -> None:
    # Given a bug that makes three lines of line 2, one that drops lines 5 and 6, and one that changes line 9
    bugs = [
        bug(catalogue, "E1", edited(n2=b"a\nb\nc\n")),
        bug(catalogue, "E9", edited(n5=b"", n6=b"")),
        bug(catalogue, "H2", edited(n9=b"nine\n")),
    ]
    # Then the first lies in 2 to 4, the second around the gap behind line 6, the third in line 9 + 2 − 2
    assert places(REFERENCE, bugs) == (
        Place("E1", PATH, range(2, 5)),
        Place("E9", PATH, range(6, 8)),
        Place("H2", PATH, range(9, 10)),
    )
    # And the order in which they are given has no effect
    assert places(REFERENCE, bugs[::-1]) == places(REFERENCE, bugs)


def test_a_gap_at_an_end_of_the_file_has_one_neighbour(catalogue: Catalogue) -> None:
    assert places(REFERENCE, [bug(catalogue, "E1", edited(n1=b""))]) == (Place("E1", PATH, range(1, 2)),)
    assert places(REFERENCE, [bug(catalogue, "E1", edited(n10=b""))]) == (Place("E1", PATH, range(9, 10)),)


def test_a_file_that_is_removed_has_no_lines(catalogue: Catalogue) -> None:
    assert places(REFERENCE, [bug(catalogue, "E1", None)]) == (Place("E1", PATH, range(0)),)


def test_the_lines_of_a_place_are_those_that_the_bug_wrote(reference: Reference, catalogue: Catalogue) -> None:
    files = reference.with_bugs(catalogue.values())
    written = {
        place.bug: b"".join(files[place.path].splitlines(keepends=True)[place.lines.start - 1 : place.lines.stop - 1])
        for place in places(reference.files, catalogue.values())
    }
    assert written["E1"] == b"    return used + wanted < capacity\n"
    assert written["E9"] == b"    return used - freed\n"
    assert set(written) == set(catalogue)
