"""Ten patches through every door: right ones, wrong ones, none, and such as try to be paid for nothing. One reward."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from environment.doors.grading import grade_patch
from environment.doors.harbor.folders import write_task
from environment.doors.harbor.places import ARCHIVE
from environment.doors.harbor.verify import JUDGED, verify
from environment.doors.prepared import prepared
from environment.doors.tasks import Task, single_bug_task
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.grading.grade import Grader
from environment.tests.doors.test_harbor import run, unpacked
from environment.tests.fake_platform import FILES
from environment.workspace.reference import git

Patch = Mapping[str, str]
"""Paths and what stands there afterwards."""
Door = Callable[[Grader, Task, Patch, Path], float]

BUGGY = "services/billing/proration.py"
TEST = "tests/unit/billing/test_proration.py"
ENDS = "import os\n\nos._exit(0)\n"

RIGHT: dict[str, Patch] = {
    "as it was": {BUGGY: FILES[BUGGY]},
    "in another way": {
        BUGGY: "import calendar\n\n\ndef days(month: int) -> int:\n    return calendar.monthrange(2023, month)[1]\n"
    },
}
WRONG: dict[str, Patch] = {
    "nothing": {},
    "another wrong value": {BUGGY: "def days(month: int) -> int:\n    return 31\n"},
    "no Python": {BUGGY: "def days(month: int -> int:\n"},
    "a comment": {"services/compute/capacity.py": FILES["services/compute/capacity.py"] + "# looked at\n"},
    "the process ends well before a test runs": {BUGGY: ENDS},
    "the tests say something else": {TEST: "def test_nothing() -> None:\n    pass\n", "tests/conftest.py": ENDS},
    "what Python runs by itself": {"services/sitecustomize.py": ENDS, "sitecustomize.py": ENDS, "conftest.py": ENDS},
    "a runner of its own": {
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--collect-only'\n",
        "services/pytest.py": ENDS,
        "environment/cli.py": ENDS,
    },
}


@pytest.fixture
def task(grader: Grader) -> Task:
    return single_bug_task(grader.catalogue, "H2")


def write(workspace: Path, patch: Patch) -> None:
    for path, content in patch.items():
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(content)


def by_gymnasium(grader: Grader, task: Task, patch: Patch, folder: Path) -> float:
    env = DebugEnv(grader, folder / "episode", shell_seconds=60, untrusted=True)
    try:
        env.reset(seed=0, options={"bugs": list(task.bugs), "exact": True})
        for path, content in patch.items():
            assert env.step(action(Tool.WRITE, path=path, text=content))[0]["status"] == 0
        return env.step(action(Tool.SUBMIT))[1]
    finally:
        env.close()


def by_the_command_line(grader: Grader, task: Task, patch: Patch, folder: Path) -> float:
    with prepared(grader.reference, grader.catalogue, task) as (workspace, _):
        write(workspace, patch)
        return float(grader.grade(workspace).reward)


def as_a_row_of_swe_bench(grader: Grader, task: Task, patch: Patch, folder: Path) -> float:
    with prepared(grader.reference, grader.catalogue, task) as (workspace, _):
        write(workspace, patch)
        git(workspace, "add", "--all", "--force")
        return float(grade_patch(grader, task, git(workspace, "diff", "--cached", "HEAD").stdout).reward)


def by_harbor(grader: Grader, task: Task, patch: Patch, folder: Path) -> float:
    exported, archive, out = folder / task.id, folder / Path(ARCHIVE).name, folder / "logs"
    write_task(grader.reference, grader.catalogue, task, exported)
    workspace = unpacked(exported, folder / "container")
    write(workspace, patch)
    run(exported / "environment/hand-in.sh", workspace, archive)
    assert verify(exported / "tests/task.json", archive, out, lambda: grader) == JUDGED
    return float(json.loads((out / "reward.json").read_text())["reward"])


def by_openenv(grader: Grader, task: Task, patch: Patch, folder: Path) -> float:
    pytest.importorskip("openenv", reason="OpenEnv isn't installed: pip install 'omnicloud[openenv]'")
    from environment.tests.openenv.serving import OmniCloudAction, serving

    with serving(grader) as server, server.client() as env:
        env.reset(bugs=list(task.bugs), exact=True)
        for path, content in patch.items():
            env.step(OmniCloudAction.write(path, content))
        return float(env.step(OmniCloudAction.submit()).reward)


DOORS: tuple[Door, ...] = (by_gymnasium, by_the_command_line, as_a_row_of_swe_bench, by_harbor)


@pytest.mark.parametrize("patch", [*RIGHT.values(), *WRONG.values()], ids=[*RIGHT, *WRONG])
def test_every_door_pays_a_patch_alike(grader: Grader, task: Task, patch: Patch, tmp_path: Path) -> None:
    rewards = {}
    for door in DOORS:
        folder = tmp_path / door.__name__
        folder.mkdir()
        rewards[door.__name__] = door(grader, task, patch, folder)
    assert len({round(reward, 12) for reward in rewards.values()}) == 1, rewards
    assert (rewards["by_gymnasium"] > 0) == (patch in RIGHT.values()), rewards


@pytest.mark.parametrize("patch", [*RIGHT.values(), *WRONG.values()], ids=[*RIGHT, *WRONG])
def test_openenv_pays_what_the_others_pay(grader: Grader, task: Task, patch: Patch, tmp_path: Path) -> None:
    assert by_openenv(grader, task, patch, tmp_path) == pytest.approx(
        by_the_command_line(grader, task, patch, tmp_path)
    )
