"""Rows as SWE-bench has them, one JSON object a line.

=========================  ==========================================================================================
field                      holds
=========================  ==========================================================================================
instance_id                the task's id
repo                       `omnicloud/omnicloud`
base_commit                the only commit of the untouched workspace, which `omnicloud challenge` makes from the ids in
                           `bugs`; environment_setup_commit is the same
problem_statement          what an agent is told
patch                      the diff that repairs it
test_patch                 empty: the tests are in the workspace, and a verdict takes them from the reference
FAIL_TO_PASS               the visible tests that were measured to fail with the bugs, as JSON
PASS_TO_PASS               all other visible tests, as JSON
version, created_at        the reference's digest; the date of every workspace's commit
hints_text                 empty
difficulty, category, bugs of the task
=========================  ==========================================================================================

Only what was measured is told: a task with a bug that wasn't, or was on another reference, has no row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from environment.bugs.catalogue import Catalogue
from environment.bugs.manifest import Manifest, Standing
from environment.doors.prepared import prepared, repair
from environment.doors.tasks import Task
from environment.workspace.reference import Reference
from environment.workspace.repository import COMMIT_TIME

REPOSITORY = "omnicloud/omnicloud"
VERSION_DIGITS = 12


@dataclass(frozen=True)
class Left:
    """A task without a row."""

    task: Task
    why: str


@dataclass(frozen=True)
class RowMaker:
    """Makes rows of tasks. With `earlier`, bugs count that were measured on an earlier reference."""

    reference: Reference
    catalogue: Catalogue
    manifest: Manifest
    earlier: bool = False

    def parted(self, asked: Iterable[Task]) -> tuple[list[Task], list[Left]]:
        """The tasks that get a row, and the others with the reason."""
        why = {task: self._why_not(task) for task in asked}
        return [task for task in why if not why[task]], [Left(task, words) for task, words in why.items() if words]

    def row(self, task: Task) -> Mapping[str, Any]:
        """The row of a task that `parted` lets pass."""
        with prepared(self.reference, self.catalogue, task) as (_, episode):
            commit = episode.commit
        fail = self._triggers(task)
        return {
            "instance_id": task.id,
            "repo": REPOSITORY,
            "base_commit": commit,
            "problem_statement": task.instruction,
            "hints_text": "",
            "patch": repair(self.reference, self.catalogue, task).decode(),
            "test_patch": "",
            "FAIL_TO_PASS": json.dumps(sorted(fail)),
            "PASS_TO_PASS": json.dumps(sorted(self.manifest.tests.keys() - fail)),
            "version": self.reference.digest[:VERSION_DIGITS],
            "environment_setup_commit": commit,
            "created_at": datetime.fromtimestamp(COMMIT_TIME, UTC).isoformat(),
            "difficulty": task.difficulty,
            "category": task.category,
            "bugs": list(task.bugs),
        }

    def _why_not(self, task: Task) -> str:
        standing = {
            bug_id: self.manifest.standing(self.catalogue[bug_id], self.reference.digest) for bug_id in task.bugs
        }
        accepted = (Standing.TODAY, Standing.EARLIER) if self.earlier else (Standing.TODAY,)
        for bug_id, found in standing.items():
            if found not in accepted:
                return f"{bug_id} is {found.meaning}" if len(task.bugs) > 1 else found.meaning
        return "" if self._triggers(task) else "no visible test fails"

    def _triggers(self, task: Task) -> frozenset[str]:
        """The tests of today that any of a task's bugs fails. A bug that is there fails all of its own."""
        measured = [item for bug_id in task.bugs if (item := self.manifest.of(self.catalogue[bug_id])) is not None]
        return frozenset(test_id for item in measured for test_id in item.triggers) & self.manifest.tests.keys()


def as_line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON."""
    return json.dumps(row, ensure_ascii=False) + "\n"
