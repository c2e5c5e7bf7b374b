"""The sample of edits: seeded, of one function each, and such as people make."""

from __future__ import annotations

from collections import Counter

from environment.affected.sample import KINDS, draw
from environment.reach.changes import Changes, changes
from environment.workspace.reference import default_reference

SOURCE = b'''"""Rules."""

LIMIT = 3


def judge(value: int, other: list[int]) -> str:
    """Says what it is."""
    log(value)
    if value < LIMIT:
        return "small"
    else:
        return "large" if value in other else f"odd {value:>3}"


def nothing() -> None:
    """Nothing to edit."""


def inner() -> int:
    def deep(number: int) -> int:
        return number - 1

    return deep(2)
'''
PATH = "services/x/rules.py"


def test_one_seed_gives_one_sample_and_each_edit_is_of_one_function() -> None:
    files = {PATH: SOURCE, "services/x/migrations/0001.py": SOURCE, "tests/test_x.py": SOURCE}
    first = draw(files, 10, seed=1)
    assert [edit.function for edit in first] == [edit.function for edit in draw(files, 10, seed=1)]
    # Then each of the three functions that can be edited is drawn once
    assert {edit.function for edit in first} == {
        f"{PATH}::judge",
        f"{PATH}::inner",
        f"{PATH}::inner.<locals>.deep",
    }
    for edit in first:
        compile(edit.content, edit.path, "exec")
        assert changes({PATH: SOURCE}, {PATH: edit.content}) == Changes(functions=frozenset({edit.function}))


def test_every_kind_of_edit_is_made_where_it_has_a_place() -> None:
    found = {
        edit.kind: edit.content.decode()
        for seed in range(60)
        for edit in draw({PATH: SOURCE}, 3, seed)
        if edit.function == f"{PATH}::judge"
    }
    assert set(found) == set(KINDS)
    assert "(value > LIMIT)" in found["flipped comparison"] or "(value not in other)" in found["flipped comparison"]
    assert "(value <= LIMIT)" in found["off by one"]
    assert "\n    pass\n" in found["dropped call"]
    assert "_other" in found["changed constant"]
    assert "if not value < LIMIT" in found["swapped branches"] or "else 'large'" in found["swapped branches"]


def test_the_platform_gives_two_hundred_different_edits() -> None:
    files = default_reference().files
    sample = draw(files, 200)
    assert len({edit.function for edit in sample}) == 200
    assert len({edit.key for edit in sample}) == 200
    assert set(Counter(edit.kind for edit in sample)) == set(KINDS)
    assert {edit.path.partition("/")[0] for edit in sample} == {"services", "shared"}
