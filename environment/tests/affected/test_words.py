"""What is said, and what is left unsaid."""

from __future__ import annotations

import pytest

from environment.affected import words
from environment.affected.edits import Edits
from environment.affected.order import Choice, choose
from environment.affected.run import Decided, Result
from environment.reach.reach_map import ReachMap
from environment.tests.affected.conftest import CAPACITY, UNIT
from environment.workspace.reference import Reference

PASSED, FAILED = Decided("passed", "", 0.1), Decided("failed", "AssertionError: assert False\nmore", 0.1)


def made(reach_map: ReachMap, reference: Reference, path: str, content: bytes) -> tuple[Edits, Choice]:
    found = Edits("since the workspace was made", reference.files, {**reference.files, path: content})
    return found, choose(reach_map, found.before, found.after)


def test_what_was_edited_and_what_can_be_touched_by_it(reach_map: ReachMap, reference: Reference) -> None:
    found, choice = made(reach_map, reference, CAPACITY, reference.files[CAPACITY].replace(b"<=", b"<"))
    assert list(words.announcement(found, choice, 11)) == [
        "Edited since the workspace was made:",
        f"  {CAPACITY}::fits",
        "5 of 11 tests can be touched by it: 3 unit, 2 with a fleet. One after the other they took about 3 s.",
    ]


def test_comments_touch_nothing(reach_map: ReachMap, reference: Reference) -> None:
    found, choice = made(reach_map, reference, CAPACITY, reference.files[CAPACITY] + b"# a word\n")
    assert list(words.announcement(found, choice, 11)) == [
        "Only comments or layout were edited since the workspace was made: no test can be touched."
    ]
    nothing = Edits("since HEAD", {}, {})
    assert list(words.announcement(nothing, choice, 11)) == ["Nothing that tests depend on was edited since HEAD."]


def test_the_end_tells_what_is_known_and_that_it_is_not_the_verdict(reach_map: ReachMap, reference: Reference) -> None:
    _, choice = made(reach_map, reference, CAPACITY, reference.files[CAPACITY].replace(b"<=", b"<"))
    decided = {**dict.fromkeys(choice.tests, PASSED), f"{UNIT}::test_what_fits[2]": FAILED}
    said = list(words.conclusion(choice, Result(decided, seconds=5.25, first_failure=1.25)))
    assert said == [
        "5 tests can be touched by the edit.",
        "5 tests ran in 5.2 s, the first failure after 1.2 s: 4 passed, 1 failed.",
        "A test may fail for a cause that you haven't touched.",
        "Tests that don't reach the edit were left out. The full grading stays the verdict.",
    ]
    assert (words.and_others(0), words.and_others(1), words.and_others(2)) == ("", " and another one", " and 2 others")
    assert words.failure_line("tests/x::y", FAILED.message) == "✗ tests/x::y  AssertionError: assert False"


def test_what_cannot_be_followed_is_named(reach_map: ReachMap, reference: Reference) -> None:
    _, choice = made(reach_map, reference, CAPACITY, reference.files[CAPACITY] + b"LIMIT = 3\n")
    said = "\n".join(words.conclusion(choice, Result({}, missing=choice.tests, seconds=1)))
    assert f"can't be followed to single tests and runs much: {CAPACITY}." in said
    assert f"Could not be run: {choice.tests[0]} and {len(choice.tests) - 1} others." in said


@pytest.mark.parametrize("added", [b"def extra(a):\n    return a\n", b"LIMIT = 3\n"])
def test_nothing_said_tells_a_workspace_from_the_reference(
    reach_map: ReachMap, reference: Reference, added: bytes
) -> None:
    """A function that only the workspace has, which the map can't know, is told like any other edit."""
    before = reference.files[CAPACITY] + added
    after = before.replace(b"return a\n", b"return [a]\n").replace(b"LIMIT = 3", b"LIMIT = 4")
    files = reference.files
    found = Edits("since the workspace was made", {**files, CAPACITY: before}, {**files, CAPACITY: after})
    choice = choose(reach_map, found.before, found.after)
    said = "\n".join([*words.announcement(found, choice, 11), *words.conclusion(choice, Result({}))])
    assert "map" not in said
    assert "know" not in said


def test_the_document_of_a_run(reach_map: ReachMap, reference: Reference) -> None:
    found, choice = made(reach_map, reference, CAPACITY, reference.files[CAPACITY].replace(b"<=", b"<"))
    result = Result({choice.tests[0]: FAILED}, missing=choice.tests[1:], seconds=2.0, first_failure=1.0)
    document = words.to_document(found, choice, result)
    assert document["edited"] == [f"{CAPACITY}::fits"]
    assert (document["unit"], document["live"], document["everything"]) == (3, 2, False)
    assert document["outcomes"] == {choice.tests[0]: "failed"}
    assert document["missing"] == list(choice.tests[1:])
    assert words.to_document(found, choice, None)["seconds"] == 0.0
