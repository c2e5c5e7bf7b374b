"""Harbor task folders, and what their verifier says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environment.bugs.catalogue import Catalogue
from environment.doors.harbor.folders import write_task
from environment.doors.harbor.places import ARCHIVE, HAND_IN, USER_ID
from environment.doors.harbor.verify import JUDGED, NOT_ENDED, NOT_JUDGED, verify
from environment.doors.tasks import Task, make_task, single_bug_task
from environment.fleet.walls.host import this_host
from environment.grading.errors import InfrastructureError
from environment.grading.grade import Grader
from environment.tests.fake_platform import FILES, HELD_OUT
from environment.workspace.contents import is_visible
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference, git

EVERYTHING = ("L1", "E1", "E9", "H2")
SECRET_FOLDERS = ("tests", "solution")
OUTSIDE = ("task.toml", "instruction.md", "environment/Dockerfile", "environment/hand-in.sh")
HARBOR = shutil.which("harbor")

Play = Callable[..., tuple[int, dict[str, Any], dict[str, Any]]]


@pytest.fixture
def task(catalogue: Catalogue) -> Task:
    return single_bug_task(catalogue, "H2")


@pytest.fixture
def folder(reference: Reference, catalogue: Catalogue, task: Task, tmp_path: Path) -> Path:
    """The exported task."""
    write_task(reference, catalogue, task, tmp_path / task.id)
    return tmp_path / task.id


@pytest.fixture
def workspace(folder: Path, tmp_path: Path) -> Path:
    """What an agent finds in its container."""
    return unpacked(folder, tmp_path / "container")


def unpacked(folder: Path, root: Path) -> Path:
    with tarfile.open(folder / "environment/workspace.tar.gz") as tar:
        tar.extractall(root, filter="data")
    return root / "workspace"


def run(script: Path, workspace: Path, archive: Path) -> int:
    """Run a script of the task as its container would."""
    variables = {**os.environ, "WORKSPACE": str(workspace), "ARCHIVE": str(archive)}
    return subprocess.run([script], env=variables, check=False, capture_output=True).returncode


@pytest.fixture
def play(folder: Path, workspace: Path, grader: Grader, tmp_path: Path) -> Play:
    """A trial: what the agent does, then its work is handed in and graded. Gives status, rewards and verdict."""

    def trial(agent: Callable[[Path], object], after: Callable[[Path], object] = lambda archive: None) -> Any:
        archive, out = tmp_path / "handed-in" / Path(ARCHIVE).name, tmp_path / "logs"
        agent(workspace)
        run(folder / "environment/hand-in.sh", workspace, archive)
        after(archive)
        status = verify(folder / "tests/task.json", archive, out, lambda: grader)
        rewards = out / "reward.json"
        return (
            status,
            json.loads(rewards.read_text()) if rewards.exists() else {},
            json.loads((out / "verdict.json").read_text()),
        )

    return trial


def test_a_folder_has_what_harbor_asks_for(folder: Path, task: Task) -> None:
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "environment/Dockerfile",
        "environment/hand-in.sh",
        "environment/workspace.tar.gz",
        "instruction.md",
        "solution/repair.diff",
        "solution/solve.sh",
        "task.toml",
        "tests/Dockerfile",
        "tests/task.json",
        "tests/test.sh",
    ]
    settings = tomllib.loads((folder / "task.toml").read_text())
    assert settings["task"]["name"] == "omnicloud/omnicloud-h2"
    assert settings["artifacts"] == [ARCHIVE]
    assert settings["verifier"]["environment_mode"] == "separate"
    assert settings["verifier"]["collect"] == [{"command": HAND_IN, "timeout_sec": 300.0, "user": "root"}]
    assert settings["verifier"]["environment"]["network_mode"] == "no-network"
    assert settings["agent"] == {"timeout_sec": float(task.agent_seconds), "user": "omnicloud"}
    assert settings["verifier"]["timeout_sec"] == float(task.verifier_seconds)
    assert task.instruction in (folder / "instruction.md").read_text()


@pytest.mark.skipif(HARBOR is None, reason="this machine has no harbor")
def test_harbor_finds_nothing_wrong(folder: Path) -> None:
    assert HARBOR is not None
    done = subprocess.run([HARBOR, "lint", folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_equal_input_gives_equal_bytes(
    reference: Reference,
    catalogue: Catalogue,
    task: Task,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        write_task(Reference(reference.root), catalogue, task, tmp_path / "again")
    finally:
        os.umask(before)
    for path in folder.rglob("*"):
        other = tmp_path / "again" / path.relative_to(folder)
        assert path.is_dir() or (path.read_bytes(), path.stat().st_mode) == (other.read_bytes(), other.stat().st_mode)
    assert not list((reference.state / "episodes").iterdir())


def test_the_agents_image_is_made_of_the_workspace_and_nothing_else(folder: Path, reference: Reference) -> None:
    with tarfile.open(folder / "environment/workspace.tar.gz") as tar:
        members = tar.getmembers()
    files = {member.name.removeprefix("workspace/") for member in members if member.isreg()}
    assert {path for path in files if not path.startswith(".git/")} == {p for p in FILES if is_visible(p)} | {
        "README.md"
    }
    assert ".git/HEAD" in files
    assert {(member.uid, member.gid) for member in members} == {(USER_ID, USER_ID)}
    lines = (folder / "environment/Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith(("COPY", "ADD"))] == [
        "ADD workspace.tar.gz /",
        f"COPY hand-in.sh {HAND_IN}",
    ]
    assert [line for line in lines if line.startswith("FROM")] == ["FROM omnicloud/agent"]


def test_outside_of_the_solution_and_the_verifiers_part_nothing_tells_a_bug(
    reference: Reference, catalogue: Catalogue, tmp_path: Path
) -> None:
    # Given a task with all bugs, whose workspace holds no line of a repair
    write_task(reference, catalogue, make_task(catalogue, "omnicloud-k4-s0", EVERYTHING), tmp_path / "t")
    workspace = unpacked(tmp_path / "t", tmp_path / "container")
    seen = [(tmp_path / "t" / name).read_text() for name in OUTSIDE]
    shown = [path.read_text(errors="replace") for path in workspace.rglob("*") if path.is_file()]
    # Then neither names, titles nor held-out tests are in what an agent or its image gets
    everything = "\n".join([*seen, *shown, *(path.as_posix() for path in workspace.rglob("*"))])
    for bug in catalogue.values():
        assert bug.title not in everything
        assert not re.search(rf"\b{bug.id}\b", everything)
        assert bug.hint not in "\n".join(seen)
    for path, text in HELD_OUT.items():
        assert Path(path).name not in everything
        assert text not in shown
    for path in {path for bug in catalogue.values() for path in bug.paths}:
        assert reference.files[path].decode() not in shown
    # And what is secret stands where Harbor keeps it from agents
    assert json.loads((tmp_path / "t/tests/task.json").read_text())["bugs"] == list(EVERYTHING)


def test_the_image_commits_the_workspace_as_a_challenge_does(
    folder: Path, workspace: Path, reference: Reference, catalogue: Catalogue, tmp_path: Path
) -> None:
    made = make_workspace(reference, [catalogue["H2"]], tmp_path / "challenge")
    command = (folder / "environment/Dockerfile").read_text().partition("RUN export ")[2]
    done = subprocess.run(["sh", "-c", f"export {command}"], cwd=workspace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert git(workspace, "rev-parse", "HEAD").stdout.strip() == made.commit
    assert git(workspace, "status", "--porcelain").stdout == ""
    assert json.loads((folder / "tests/task.json").read_text())["commit"] == made.commit


def test_the_oracle_earns_everything(play: Play, folder: Path, tmp_path: Path) -> None:
    status, rewards, verdict = play(lambda workspace: run(folder / "solution/solve.sh", workspace, tmp_path))
    assert (status, verdict["judged"], verdict["delivered"]) == (JUDGED, True, True)
    assert rewards["score"] == verdict["score"] == verdict["maximum"]
    assert rewards["reward"] == verdict["reward"] == pytest.approx(verdict["score"] - verdict["baseline"]["score"])
    assert (rewards["solved"], rewards["delivered"], rewards["pass_rate"]) == (1, 1, 1.0)
    assert rewards["pass_rate_unit"] == rewards["pass_rate_integration"] == rewards["pass_rate_chaos"] == 1.0
    assert rewards["trusted"] == int(not this_host().holes)
    # Harbor takes numbers only.
    assert {type(value) for value in rewards.values()} <= {int, float}
    assert [bug["status"] for bug in verdict["bugs"]] == ["fixed"]


def test_who_does_nothing_earns_the_floor(play: Play) -> None:
    status, rewards, verdict = play(lambda workspace: None)
    assert (status, verdict["judged"]) == (JUDGED, True)
    assert (rewards["score"], rewards["reward"], rewards["solved"]) == (verdict["baseline"]["score"], 0.0, 0)
    assert rewards["score"] > 0


@pytest.mark.parametrize(
    ("loss", "cause"),
    [
        (lambda archive: archive.unlink(), "No work arrived."),
        (lambda archive: archive.write_bytes(archive.read_bytes()[:-9]), "didn't arrive whole"),
        (lambda archive: archive.write_bytes(b""), "didn't arrive whole"),
    ],
    ids=["missing", "cut off", "empty"],
)
def test_work_that_does_not_arrive_earns_nothing_even_when_it_was_right(
    play: Play, folder: Path, tmp_path: Path, loss: Callable[[Path], object], cause: str
) -> None:
    status, rewards, verdict = play(lambda workspace: run(folder / "solution/solve.sh", workspace, tmp_path), loss)
    assert (status, verdict["judged"], verdict["delivered"]) == (JUDGED, True, False)
    assert cause in verdict["cause"]
    assert set(rewards.values()) - {rewards["trusted"]} == {0}
    assert (rewards["reward"], rewards["solved"], rewards["delivered"]) == (0, 0, 0)


def test_a_workspace_that_is_gone_is_not_handed_in(play: Play) -> None:
    assert play(shutil.rmtree)[1]["reward"] == 0


def test_work_with_a_link_in_it_is_void(play: Play) -> None:
    status, rewards, verdict = play(lambda workspace: (workspace / "services/x").symlink_to("/etc"))
    assert (status, rewards["solved"], rewards["reward"] < 0) == (JUDGED, 0, True)
    assert verdict["void"] == "rejected: services/x is neither a file nor a folder (links aren't accepted)."


def test_what_the_environment_could_not_judge_has_no_reward(
    play: Play, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise InfrastructureError("there is no disk")

    monkeypatch.setattr(Grader, "grade", fail)
    status, rewards, verdict = play(lambda workspace: None)
    assert (status, rewards) == (NOT_JUDGED, {})
    assert verdict == {"judged": False, "cause": "the environment failed: there is no disk"}


def test_a_grading_that_is_ended_has_no_reward_and_none_of_before(folder: Path, tmp_path: Path, grader: Grader) -> None:
    def ended() -> Grader:
        raise KeyboardInterrupt

    out = tmp_path / "logs"
    out.mkdir()
    (out / "reward.json").write_text('{"reward": 1}')
    with pytest.raises(KeyboardInterrupt):
        verify(folder / "tests/task.json", tmp_path / "x.tar.gz", out, ended)
    assert [path.name for path in out.iterdir()] == ["verdict.json"]
    assert json.loads((out / "verdict.json").read_text()) == {"judged": False, "cause": NOT_ENDED}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"reference": "0" * 64}, "exported from another platform"),
        ({"format": 0}, "has format 0"),
        ({"bugs": ["Z9"]}, "no bug Z9"),
        ({"bugs": None}, "isn't the file of a task"),
    ],
)
def test_a_task_of_another_platform_is_not_judged(
    folder: Path, tmp_path: Path, grader: Grader, change: dict[str, object], cause: str
) -> None:
    document = json.loads((folder / "tests/task.json").read_text())
    (folder / "tests/task.json").write_text(json.dumps({**document, **change}))
    assert verify(folder / "tests/task.json", tmp_path / "x.tar.gz", tmp_path / "logs", lambda: grader) == NOT_JUDGED
    assert not (tmp_path / "logs/reward.json").exists()
    assert cause in json.loads((tmp_path / "logs/verdict.json").read_text())["cause"]


def test_the_verifier_reads_what_the_task_declares(folder: Path) -> None:
    words = shlex.split((folder / "tests/test.sh").read_text().splitlines()[-1])
    assert words[1:4] == ["python", "-m", verify.__module__]
    assert words[4:] == ["--task", "/tests/task.json", "--work", ARCHIVE, "--out", "/logs/verifier"]
