"""Tasks and their names."""

from __future__ import annotations

import re

import pytest

from environment.bugs.catalogue import Bug, Catalogue, load_catalogue
from environment.bugs.errors import CatalogueError, SelectionError
from environment.bugs.select import Choice, select
from environment.doors.tasks import Task, find_task, several_bugs_task, single_bug_task, tasks
from environment.workspace.readme import INTRODUCTION

REAL = load_catalogue()


def ids(found: list[Task]) -> list[str]:
    return [task.id for task in found]


def test_without_a_count_there_is_a_task_for_each_chosen_bug_and_nothing_else_is_injected(catalogue: Catalogue) -> None:
    found = tasks(catalogue, Choice())
    assert ids(found) == ["omnicloud-l1", "omnicloud-e1", "omnicloud-e9", "omnicloud-h2"]
    assert [task.bugs for task in found] == [("L1",), ("E1",), ("E9",), ("H2",)]
    assert [(task.difficulty, task.category) for task in found][1:3] == [
        ("subtle", "scheduling"),
        ("moderate", "scheduling"),
    ]
    assert ids(tasks(catalogue, Choice(families=("E",)))) == ["omnicloud-e1", "omnicloud-e9"]


def test_a_number_of_single_bugs_is_drawn_by_the_seed(catalogue: Catalogue) -> None:
    drawn = [tuple(ids(tasks(catalogue, Choice(seed=seed), 2))) for seed in range(20)]
    assert {len(found) for found in drawn} == {2}
    assert len(set(drawn)) > 1
    assert drawn == [tuple(ids(tasks(catalogue, Choice(seed=seed), 2))) for seed in range(20)]


def test_with_a_count_seeds_follow_each_other_and_choices_are_those_of_a_challenge(catalogue: Catalogue) -> None:
    found = tasks(catalogue, Choice(count=2, seed=17), 3)
    assert ids(found) == ["omnicloud-k2-s17", "omnicloud-k2-s18", "omnicloud-k2-s19"]
    assert [task.bugs for task in found] == [select(catalogue, Choice(count=2, seed=seed)).ids for seed in (17, 18, 19)]
    assert all({"E1": "L1" in task.bugs}.get(bug, True) for task in found for bug in task.bugs)
    assert {task.category for task in tasks(catalogue, Choice(count=4))} == {"mixed"}
    assert several_bugs_task(catalogue, Choice(count=4)).difficulty == "subtle"


def test_an_id_says_which_task_it_is(catalogue: Catalogue) -> None:
    for task in (*tasks(catalogue, Choice()), *tasks(catalogue, Choice(count=3, seed=5), 4)):
        assert find_task(catalogue, task.id) == task


def test_tasks_from_a_part_of_the_catalogue_have_names_of_their_own(catalogue: Catalogue) -> None:
    part = several_bugs_task(catalogue, Choice(families=("E",), count=1, seed=3))
    same = several_bugs_task(catalogue, Choice(families=("scheduling",), count=1, seed=3))
    other = several_bugs_task(catalogue, Choice(families=("H", "E"), count=1, seed=3))
    assert part == same
    assert re.fullmatch(r"omnicloud-k1-s3-[0-9a-f]{6}", part.id)
    assert len({part.id, other.id, several_bugs_task(catalogue, Choice(count=1, seed=3)).id}) == 3
    with pytest.raises(SelectionError, match="no task"):
        find_task(catalogue, part.id)


@pytest.mark.parametrize(
    ("choice", "number", "message"),
    [
        (Choice(), 0, "--tasks must be 1 or more"),
        (Choice(), 5, "--tasks must be between 1 and 4"),
        (Choice(ids=("E1",)), 2, "--tasks must be between 1 and 1"),
        (Choice(ids=("Z9",)), None, "no bug Z9"),
        (Choice(count=5), None, "--count must be between 1 and 4"),
        (Choice(count=1, seed=-1), None, "--seed must be 0 or more"),
        (Choice(difficulties=("hard",)), None, "no difficulty 'hard'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    catalogue: Catalogue, choice: Choice, number: int | None, message: str
) -> None:
    with pytest.raises(SelectionError, match=message):
        tasks(catalogue, choice, number)


@pytest.mark.parametrize("task_id", ["", "e1", "omnicloud-E1", "omnicloud-k3", "omnicloud-e1 ", "omnicloud-k2-s-1"])
def test_no_other_words_are_ids(catalogue: Catalogue, task_id: str) -> None:
    with pytest.raises((SelectionError, CatalogueError), match="There is no"):
        find_task(catalogue, task_id)


@pytest.mark.parametrize("bug", REAL.values(), ids=list(REAL))
def test_an_agent_is_told_the_symptom_and_nothing_else_of_a_bug(bug: Bug) -> None:
    text = single_bug_task(REAL, bug.id).instruction
    assert text.endswith(f"## What was reported\n\n- {bug.symptom}\n")
    for secret in (bug.title, bug.hint, bug.explanation, *(path for path in bug.paths if path not in INTRODUCTION)):
        assert secret not in text
    assert not re.search(rf"\b{bug.id}\b", text)


def test_more_bugs_have_more_time_up_to_a_limit() -> None:
    times = [several_bugs_task(REAL, Choice(count=count)).agent_seconds for count in (1, 2, 8, 9, len(REAL))]
    assert times[0] < times[1] < times[2] == times[3] == times[4]
