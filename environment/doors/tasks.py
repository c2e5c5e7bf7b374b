"""Tasks: what is asked for, under a name that says which bugs are injected.

==========================  =============================================================================
id                          injects
==========================  =============================================================================
`omnicloud-a1`              the bug A1 and no other
`omnicloud-k3-s17`          three bugs that the seed 17 draws from the whole catalogue, closed
`omnicloud-k3-s17-4f2a1c`   the same from a part of the catalogue; the last word is a digest of what was asked for
==========================  =============================================================================

Equal choices give equal tasks, on every machine. What a task says to an agent tells symptoms and nothing else of a bug.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
from dataclasses import dataclass, replace

from environment.bugs.catalogue import Catalogue
from environment.bugs.errors import SelectionError
from environment.bugs.families import DIFFICULTIES, find_family
from environment.bugs.select import Choice, select
from environment.grading.process import Limits
from environment.workspace.readme import INTRODUCTION, reported

SINGLE = re.compile(r"omnicloud-([a-z]\d+)")
SEVERAL = re.compile(r"omnicloud-k(\d+)-s(\d+)")
MIXED = "mixed"
"""The category of a task whose bugs are of several families."""

AGENT_SECONDS_A_BUG = 3600
MOST_AGENT_SECONDS = 8 * 3600
"""Beyond it, more time for more bugs only keeps machines busy."""
GRADING_PROCESSES = 2 + 3 + 3
"""So many run one after the other at worst: the tests with a fleet and those without on the untouched workspace; the
same and the twins on the work; the same again for held-out tests."""
SPARE_SECONDS = 1800
"""For all that is no test: workspaces, trees, a machine that is busy."""


@dataclass(frozen=True)
class Task:
    """One task. `instruction` is all that an agent is told."""

    id: str
    bugs: tuple[str, ...]
    instruction: str
    difficulty: str
    """That of its most difficult bug."""
    category: str
    """The family of its bugs."""
    agent_seconds: int
    verifier_seconds: int
    """Longer than a grading can take, whatever was handed in: nobody has a bad work masked by making it slow."""


def tasks(catalogue: Catalogue, choice: Choice, number: int | None = None) -> list[Task]:
    """The tasks of a choice.

    Without a count, one for each chosen bug (`number` of them, drawn by the seed, if given); with one, `number` tasks
    (1) of so many bugs each, by the choice's seed and those after it. Raises `SelectionError`.
    """
    if number is not None and number < 1:
        raise SelectionError(f"--tasks must be 1 or more, not {number}.")
    if choice.count is not None:
        seeds = range(choice.seed, choice.seed + (number or 1))
        return [several_bugs_task(catalogue, replace(choice, seed=seed)) for seed in seeds]
    ids = select(catalogue, replace(choice, exact=True)).ids
    if number is not None and number > len(ids):
        raise SelectionError(f"--tasks must be between 1 and {len(ids)} here, not {number}: one for each bug.")
    if number is not None:
        drawn = frozenset(random.Random(f"omnicloud-tasks-{choice.seed}").sample(ids, number))
        ids = tuple(bug_id for bug_id in ids if bug_id in drawn)
    return [single_bug_task(catalogue, bug_id) for bug_id in ids]


def find_task(catalogue: Catalogue, task_id: str) -> Task:
    """The task of an id, if it isn't from a part of the catalogue. Raises `SelectionError` and `CatalogueError`."""
    if single := SINGLE.fullmatch(task_id):
        return single_bug_task(catalogue, single[1].upper())
    if several := SEVERAL.fullmatch(task_id):
        return several_bugs_task(catalogue, Choice(count=int(several[1]), seed=int(several[2])))
    raise SelectionError(f"There is no task {task_id!r}. Ids are like omnicloud-a1, or omnicloud-k3-s17.")


def single_bug_task(catalogue: Catalogue, bug_id: str) -> Task:
    """The task with one bug and not what it depends on; raises `CatalogueError`."""
    return make_task(catalogue, f"omnicloud-{bug_id.lower()}", (catalogue[bug_id].id,))


def several_bugs_task(catalogue: Catalogue, choice: Choice) -> Task:
    """The task of a choice with a count, always closed; raises `SelectionError`."""
    if choice.seed < 0:
        raise SelectionError(f"--seed must be 0 or more here, not {choice.seed}: the task is named after it.")
    selection = select(catalogue, replace(choice, exact=False))
    part = _part(choice)
    return make_task(catalogue, f"omnicloud-k{choice.count}-s{choice.seed}{part and '-' + part}", selection.ids)


def make_task(catalogue: Catalogue, task_id: str, bugs: tuple[str, ...]) -> Task:
    """The task that injects just these bugs; raises `CatalogueError`."""
    chosen = [catalogue[bug_id] for bug_id in bugs]
    families = {bug.family for bug in chosen}
    return Task(
        id=task_id,
        bugs=bugs,
        instruction=f"{INTRODUCTION}\n{reported(chosen)}",
        difficulty=max((bug.difficulty for bug in chosen), key=DIFFICULTIES.index),
        category=families.pop() if len(families) == 1 else MIXED,
        agent_seconds=min(MOST_AGENT_SECONDS, AGENT_SECONDS_A_BUG * len(bugs)),
        verifier_seconds=math.ceil(GRADING_PROCESSES * Limits().total) + SPARE_SECONDS,
    )


def _part(choice: Choice) -> str:
    """Six digits for the part of the catalogue that was asked for; nothing when it was all of it."""
    letters = {find_family(word).letter for word in choice.families}
    asked = [sorted(set(choice.ids)), sorted(letters), sorted(set(choice.difficulties))]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:6] if any(asked) else ""
