"""The tree of projects."""

import pytest

from services.tenants.domain.projects import (
    ProjectCycle,
    ProjectTooDeep,
    ancestors,
    below,
    check_place,
    height,
    subtree,
)
from shared.errors import NotFound

TREE = {"a": None, "b": "a", "c": "b", "d": "c", "x": None, "y": "x"}


def test_ancestors_go_from_the_parent_up_to_the_top() -> None:
    assert ancestors(TREE, "d") == ["c", "b", "a"]
    assert ancestors(TREE, "a") == []


def test_a_height_counts_the_levels_of_the_longest_branch() -> None:
    assert height(TREE, "a") == 4
    assert height(TREE, "d") == 1


def test_a_fifth_level_is_allowed_and_a_sixth_is_not() -> None:
    check_place(TREE, "new", "d")
    with pytest.raises(ProjectTooDeep):
        check_place({**TREE, "e": "d"}, "new", "e")


def test_a_move_counts_everything_below_the_project() -> None:
    check_place(TREE, "x", "c")
    with pytest.raises(ProjectTooDeep) as refused:
        check_place(TREE, "x", "d")
    assert refused.value.extra == {"depth": 6}


@pytest.mark.parametrize("parent", ["a", "b", "d"])
def test_a_project_cannot_stand_below_itself(parent: str) -> None:
    with pytest.raises(ProjectCycle):
        check_place(TREE, "a", parent)


def test_a_project_can_move_to_the_top() -> None:
    check_place(TREE, "d", None)


def test_an_unknown_parent_is_refused() -> None:
    with pytest.raises(NotFound):
        check_place(TREE, "new", "nowhere")


def test_a_cycle_in_the_data_is_named_instead_of_followed_for_ever() -> None:
    with pytest.raises(ProjectCycle, match="p"):
        ancestors({"p": "q", "q": "r", "r": "q"}, "p")


def test_a_subtree_is_the_project_and_everything_below_it() -> None:
    assert sorted(subtree(TREE, "b")) == ["b", "c", "d"]
    assert subtree(TREE, "y") == ["y"]


def test_what_a_role_in_a_project_reaches_is_the_project_and_all_below_it() -> None:
    parents = {"a": None, "b": "a", "c": "b", "d": None}
    assert sorted(below(parents, {"b"})) == ["b", "c"]
    assert sorted(below(parents, {"a", "d"})) == ["a", "b", "c", "d"]
    assert below(parents, {"gone"}) == []
