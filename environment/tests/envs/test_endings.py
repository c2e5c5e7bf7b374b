"""An episode leaves nothing, however it ends: no process, port, folder, record, lock or descriptor."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from environment.envs.debug_env import DebugEnv, Tool, action
from environment.fleet.ports import is_free
from environment.fleet.walls.users import FIRST, LAST
from environment.fleet.zygote import descendants
from environment.grading.grade import Grader
from environment.grading.process import Channel
from environment.tests.episode_fixtures import temporary_place

ROOT = Path(__file__).resolve().parents[3]
EPISODES = int(os.environ.get("OMNICLOUD_SOAK_EPISODES", "50"))
GRADED = 10
"""Of so many episodes one is graded; that takes seconds and the rest doesn't."""
PATIENCE = 120.0

PLAY = """\
import sys
from pathlib import Path
from environment.bugs.catalogue import load_catalogue
from environment.bugs.held_out import load_held_out
from environment.bugs.manifest import load_manifest
from environment.envs.debug_env import DebugEnv, Tool, action
from environment.grading.grade import Grader
from environment.workspace.reference import Reference

reference, catalogue, tool, text = Path(sys.argv[1]), Path(sys.argv[2]), Tool[sys.argv[3]], sys.argv[4]
held_out = load_held_out(catalogue / "held_out")
grader = Grader(Reference(reference), load_catalogue(catalogue), load_manifest(catalogue), held_out=held_out)
env = DebugEnv(grader)
env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
path = "services/billing/proration.py"
env.step(action(Tool.WRITE, path=path, text="import time\\n\\ntime.sleep(600)\\n"))
print(env.workspace, flush=True)
env.step(action(tool, text=text))
"""
"""An episode whose code never ends, up to a step that doesn't either."""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with temporary_place(monkeypatch) as folder:
        yield folder


@pytest.fixture
def nothing_left(grader: Grader, place: Path) -> Callable[[], None]:
    """Asserts that all is as it was when the test began."""
    threads, descriptors = set(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))
    # What other tests of this process keep: multiprocessing has a tracker that never ends
    others = set(descendants(os.getpid()))

    def check() -> None:
        assert list(place.iterdir()) == []
        assert list((grader.reference.state / "episodes").glob("*")) == []
        assert list(grader.reference.state.rglob("*.new")) == []
        assert set(descendants(os.getpid())) <= others
        assert processes_in(place) == []
        assert set(os.listdir("/proc/self/task")) <= threads
        assert len(os.listdir("/proc/self/fd")) <= descriptors

    return check


def processes_in(place: Path) -> list[str]:
    """Processes that have to do with a folder, by their commands, variables or working folders."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status", "environ", "cwd"]):
        seen = process.info
        told = [*(seen["cmdline"] or []), *(seen["environ"] or {}).values(), seen["cwd"] or ""]
        if seen["status"] != psutil.STATUS_ZOMBIE and any(str(place) in word for word in told):
            found.append(f"{seen['pid']} {seen['cmdline']}")
    return found


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_reset_and_close_leave_nothing(grader: Grader, nothing_left: Callable[[], None]) -> None:
    env = DebugEnv(grader, shell_seconds=60)
    env.reset(seed=1)
    env.step(action(Tool.SHELL, text="(setsid sleep 600 &) ; touch /tmp/here $HOME/there"))
    env.reset(seed=2)
    env.step(action(Tool.SHELL, text="sleep 600 & mkdir -p ../x; mkdir deep; chmod 0 deep"))
    env.close()
    nothing_left()


def test_a_port_that_a_command_took_is_free_again(grader: Grader, nothing_left: Callable[[], None]) -> None:
    # Given a server that an agent left running on the machine's network
    env = DebugEnv(grader, shell_seconds=60, network=True)
    env.reset(seed=1)
    serve = (
        "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); "
        "time.sleep(600)"
    )
    command = f'python -c "{serve}" >port 2>&1 & while ! grep -q . port 2>/dev/null; do sleep 0.05; done; cat port'
    port = int(env.step(action(Tool.SHELL, text=command))[0]["output"])
    assert not is_free(port)
    # When the episode ends, Then others can have the port
    env.close()
    assert is_free(port)
    nothing_left()


def test_a_crash_within_a_grading_leaves_nothing(
    grader: Grader, nothing_left: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an environment in which something is wrong when the first result comes in
    env = DebugEnv(grader, shell_seconds=60)
    env.reset(seed=1, options={"bugs": ["H2"], "exact": True})
    env.step(action(Tool.WRITE, path="services/billing/proration.py", text="def days(month: int) -> int:\n    ...\n"))

    def crash(channel: Channel, line: bytes) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Channel, "receive", crash)
        with pytest.raises(MemoryError):
            env.step(action(Tool.GRADE))
    # Then the episode goes on, and nothing is left of the grading in the end
    assert env.step(action(Tool.SHELL, text="echo on"))[0]["output"] == "on\n"
    env.close()
    nothing_left()


def test_a_reset_that_fails_leaves_nothing(grader: Grader, nothing_left: Callable[[], None]) -> None:
    env = DebugEnv(grader)
    with pytest.raises(Exception, match="There is no bug X1"):
        env.reset(seed=1, options={"bugs": ["X1"]})
    env.close()
    nothing_left()


@pytest.mark.parametrize(
    ("tool", "text", "sign"),
    [
        ("SHELL", "(setsid sleep 31557 &); sleep 31557", "31557"),
        ("SUBMIT", "", "pytest"),
    ],
)
def test_what_a_killed_environment_left_is_removed_by_the_next(
    tool: str,
    text: str,
    sign: str,
    grader: Grader,
    measured_folder: Path,
    place: Path,
    nothing_left: Callable[[], None],
) -> None:
    # Given another session, and one whose process is killed in the middle of a step
    other = DebugEnv(grader, shell_seconds=60)
    other.reset(seed=3)
    command = [sys.executable, "-c", PLAY, str(grader.reference.root), str(measured_folder), tool, text]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    workspace = Path(process.stdout.readline().strip())
    eventually(lambda: any(sign in word for word in _commands(process.pid)), "the step began")
    users = {psutil.Process(pid).uids().real for pid in descendants(process.pid)}
    process.kill()
    process.communicate()

    # When environments are started, Then all of it is gone as soon as its last process is
    def gone() -> bool:
        env = DebugEnv(grader)
        env.reset(seed=1)
        env.close()
        return [path.parent.name for path in place.glob("*/workspace")] == [other.workspace.parent.name]

    eventually(gone, "the folder is removed")
    eventually(lambda: len(list(place.iterdir())) == 2, f"{list(place.iterdir())} is one folder with its lock")
    assert not workspace.parent.exists()
    assert not any(FIRST <= user < LAST and user in users for user in _owners())
    # And the other session goes on
    assert other.step(action(Tool.SHELL, text="ls README.md"))[0]["output"] == "README.md\n"
    other.close()
    nothing_left()


def _commands(root: int) -> list[str]:
    found = []
    for pid in descendants(root):
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_text())
        except OSError:
            continue
    return found


def _owners() -> set[int]:
    """Whose processes there are; one that ends meanwhile is nobody's."""
    seen = [process.info for process in psutil.process_iter(["uids", "status"])]
    return {each["uids"].real for each in seen if each["uids"] and each["status"] != psutil.STATUS_ZOMBIE}


@pytest.mark.slow
@pytest.mark.timeout(EPISODES * 60)
def test_many_episodes_in_a_row_leave_nothing(grader: Grader, nothing_left: Callable[[], None]) -> None:
    env = DebugEnv(grader, shell_seconds=60)
    for number in range(EPISODES):
        env.reset(seed=number)
        daemon = env.step(action(Tool.SHELL, text=f"(setsid sleep 600 &) ; echo {number} | tee /tmp/note; exit 3"))[0]
        assert daemon == {"output": f"{number}\n", "status": 3}
        env.step(action(Tool.WRITE, path="notes/of/this.txt", text=f"{number}"))
        assert env.step(action(Tool.READ, path="notes/of/this.txt"))[0]["output"] == f"{number}"
        if number % GRADED == 0:
            assert env.step(action(Tool.SUBMIT))[2]
        if number % 2:
            env.close()
    env.close()
    nothing_left()
