"""The workspace of a task for a while, and the diff that repairs it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment.bugs.catalogue import Catalogue
from environment.bugs.diff import unified
from environment.doors.tasks import Task
from environment.workspace.episode import Episode, forget_episode
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference


@contextmanager
def prepared(reference: Reference, catalogue: Catalogue, task: Task) -> Iterator[tuple[Path, Episode]]:
    """A task's workspace in a folder of its own, with its record; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="omnicloud-task-") as scratch:
        workspace = Path(scratch) / "workspace"
        try:
            yield workspace, make_workspace(reference, [catalogue[bug_id] for bug_id in task.bugs], workspace)
        finally:
            forget_episode(reference, workspace)


def repair(reference: Reference, catalogue: Catalogue, task: Task) -> bytes:
    """The diff from a task's workspace to the reference, which `git apply` takes."""
    bugs = [catalogue[bug_id] for bug_id in task.bugs]
    broken = reference.with_bugs(bugs)
    paths = sorted({path for bug in bugs for path in bug.paths})
    return b"".join(unified(path, broken.get(path), reference.files.get(path)) for path in paths)
