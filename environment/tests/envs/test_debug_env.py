"""The Gymnasium environment, on the fake platform."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import psutil
import pytest
from gymnasium.utils.env_checker import check_env

import environment.envs
from environment.bugs.errors import EpisodeError
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.fleet.walls.host import WALLS_VARIABLE, this_host
from environment.grading.grade import Grader


@pytest.fixture
def env(grader: Grader) -> Iterator[DebugEnv]:
    env = DebugEnv(grader, shell_seconds=20)
    yield env
    env.close()


def test_it_is_registered() -> None:
    assert gymnasium.spec(environment.envs.DEBUG_ID).entry_point == "environment.envs.debug_env:DebugEnv"


def test_gymnasium_checks_it(grader: Grader) -> None:
    made = gymnasium.make(environment.envs.DEBUG_ID, grader=grader, options={"bugs": ["H2"], "exact": True})
    # A sampled action may grade; that is the only thing here that takes seconds.
    check_env(made.unwrapped, skip_render_check=True)
    made.close()
    made.close()


def test_an_episode_is_paid_final_minus_baseline(env: DebugEnv) -> None:
    # Given an episode with one bug
    observation, info = env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
    assert "billing" in observation["output"]
    assert info == {"score": {}}
    # When it is graded, repaired, graded and submitted
    rewards = [env.step(action(Tool.GRADE))[1]]
    path = "services/billing/proration.py"
    source = env.step(action(Tool.READ, path=path))[0]["output"]
    fixed = source.replace("return 30", "return 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31")
    env.step(action(Tool.WRITE, path=path, text=fixed))
    rewards.append(env.step(action(Tool.GRADE))[1])
    _, reward, terminated, truncated, info = env.step(action(Tool.SUBMIT))
    rewards.append(reward)
    # Then the rewards add up to final minus baseline
    assert (terminated, truncated) == (True, False)
    score: dict[str, Any] = info["score"]
    assert score["solved"] == 1
    assert rewards[0] == 0.0
    assert sum(rewards) == pytest.approx(score["score"] - score["baseline"]["score"])
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(action(Tool.GRADE))


def test_a_shell_command_runs_in_the_workspace(env: DebugEnv) -> None:
    env.reset(seed=1)
    observation = env.step(action(Tool.SHELL, text="ls README.md; git log --oneline | wc -l; exit 7"))[0]
    assert observation == {"output": "README.md\n1\n", "status": 7}


def test_a_command_that_hangs_is_stopped(grader: Grader) -> None:
    env = DebugEnv(grader, shell_seconds=0.5)
    env.reset(seed=1)
    assert env.step(action(Tool.SHELL, text="sleep 60"))[0]["status"] == 124
    env.close()


def test_what_a_command_leaves_running_ends_with_the_episode(env: DebugEnv) -> None:
    env.reset(seed=1)
    pid = int(env.step(action(Tool.SHELL, text="sleep 600 >/dev/null 2>&1 & echo $!"))[0]["output"])
    assert Path(f"/proc/{pid}").exists()
    env.close()
    assert "sleep" not in _command(pid)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_a_daemon_ends_with_the_episode_and_nothing_is_left(env: DebugEnv) -> None:
    env.reset(seed=1)
    folder = env.workspace.parent
    env.step(action(Tool.SHELL, text="(setsid sh -c 'setsid sleep 7654321 &' &) ; mkdir -p $HOME/x; touch /tmp/y"))
    env.close()
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert ["sleep", "7654321"] not in commands
    assert not folder.exists()


def test_a_session_that_was_killed_goes_on(env: DebugEnv) -> None:
    env.reset(seed=1)
    assert env.step(action(Tool.SHELL, text="kill -9 $PPID; sleep 5"))[0]["status"] == 137
    assert env.step(action(Tool.SHELL, text="echo on"))[0]["output"] == "on\n"


def test_commands_that_are_too_long_are_told_so(env: DebugEnv) -> None:
    env.reset(seed=1)
    observation = env.step(action(Tool.SHELL, text="true " + "x" * 200_000))[0]
    assert (observation["status"], "Write it to a file" in observation["output"]) == (126, True)


def test_pipes_and_devices_are_no_files_to_read(env: DebugEnv) -> None:
    env.reset(seed=1)
    env.step(action(Tool.SHELL, text="mkfifo pipe; ln -s /dev/zero zero; truncate -s 2G big"))
    assert env.step(action(Tool.READ, path="pipe"))[0]["status"] == 1
    assert env.step(action(Tool.READ, path="zero"))[0]["status"] == 1
    assert len(env.step(action(Tool.READ, path="big"))[0]["output"]) == 1_000_000


def test_a_workspace_that_is_gone_is_graded_as_nothing(env: DebugEnv) -> None:
    env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
    # As an agent can do where it isn't a user of its own
    shutil.rmtree(env.workspace)
    _, reward, _, _, info = env.step(action(Tool.SUBMIT))
    assert reward < 0
    assert info["score"]["void"].startswith("rejected")


def test_a_host_without_walls_makes_no_episodes_unless_told_so(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WALLS_VARIABLE, "none")
    this_host.cache_clear()
    try:
        with pytest.raises(EpisodeError, match="parties can read each other's files"):
            DebugEnv(grader).reset(seed=1)
        env = DebugEnv(grader, untrusted=True)
        env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
        score = env.step(action(Tool.GRADE))[4]["score"]
        assert (score["trusted"], len(score["holes"]) >= 2) == (False, True)
        env.close()
    finally:
        this_host.cache_clear()


def test_files_outside_are_refused(env: DebugEnv) -> None:
    env.reset(seed=1)
    observation = env.step(action(Tool.READ, path="../../etc/passwd"))[0]
    assert observation["status"] == 1
    assert "outside" in observation["output"]
    assert env.step(action(Tool.READ, path="/etc/passwd"))[0]["status"] == 1
    assert env.step(action(Tool.READ, path="nowhere.txt"))[0]["status"] == 1


def test_an_agent_is_not_told_which_bugs_there_are(env: DebugEnv) -> None:
    env.reset(seed=1, options={"bugs": ["L1"]})
    assert '"bugs"' not in env.step(action(Tool.GRADE))[0]["output"]


@pytest.mark.parametrize("asked", [False, True])
def test_info_tells_which_bugs_there_are_only_when_asked(grader: Grader, asked: bool) -> None:
    env = DebugEnv(grader, shell_seconds=20, tell_bugs=asked)
    try:
        env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
        score = env.step(action(Tool.SUBMIT))[4]["score"]
        assert [bug["id"] for bug in score.get("bugs", [])] == (["H2"] if asked else [])
        assert ("H2" in json.dumps(score)) == asked
    finally:
        env.close()
