"""Writes Harbor task folders.

::

    <task>/
      task.toml                  settings
      instruction.md             what the agent is told
      environment/               the agent's image: Dockerfile, workspace.tar.gz, hand-in.sh
      tests/                     the verifier's image: Dockerfile, test.sh, task.json
      solution/                  the oracle: solve.sh, repair.diff

Harbor builds the two images from these folders alone, and shows an agent neither `tests/` nor `solution/`.
"""

from __future__ import annotations

import json
from pathlib import Path

from environment.bugs.catalogue import Catalogue
from environment.doors.archives import packed
from environment.doors.harbor import texts
from environment.doors.harbor.places import USER_ID, WORKSPACE
from environment.doors.prepared import prepared, repair
from environment.doors.tasks import Task
from environment.workspace.reference import Reference, write_tree

FORMAT = 1
VERSION_DIGITS = 12
IMAGES = "omnicloud"
"""What the base images' names begin with: `omnicloud/agent` and `omnicloud/verifier`."""


def write_task(reference: Reference, catalogue: Catalogue, task: Task, folder: Path, images: str = IMAGES) -> None:
    """Write a task's folder, which must not exist. Equal tasks of equal references give equal bytes."""
    with prepared(reference, catalogue, task) as (workspace, episode):
        files = {
            path.relative_to(workspace).as_posix(): path.read_bytes()
            for path in sorted(workspace.rglob("*"))
            if path.is_file()
        }
    document = {
        "format": FORMAT,
        "id": task.id,
        "bugs": list(task.bugs),
        "reference": reference.digest,
        "commit": episode.commit,
    }
    written = {
        "task.toml": texts.task_toml(task, reference.digest[:VERSION_DIGITS]),
        "instruction.md": texts.instruction(task),
        "environment/Dockerfile": texts.agent_dockerfile(images, episode.commit),
        "environment/hand-in.sh": texts.hand_in(),
        "tests/Dockerfile": texts.verifier_dockerfile(images),
        "tests/test.sh": texts.test_sh(),
        "tests/task.json": json.dumps(document, indent=1) + "\n",
        "solution/solve.sh": texts.solve_sh(),
    }
    tree = {path: text.encode() for path, text in written.items()}
    tree["environment/workspace.tar.gz"] = packed(files, WORKSPACE.strip("/"), USER_ID)
    tree["solution/repair.diff"] = repair(reference, catalogue, task)
    write_tree(tree, folder)
