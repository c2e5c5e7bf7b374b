"""However a fleet ends, nothing of it stays: no process, no lock, no socket, no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from environment.tests.fleet.conftest import ROOT, Project, identity

Web = Callable[..., str]


@pytest.fixture
def running(project: Project, web: Web) -> Project:
    """A fleet with a service, real servers (one makes files elsewhere) and a child that left its process group."""
    project.compose(
        "services:\n"
        "  cache: {image: 'redis:7', ports: ['6379:6379'], healthcheck: {test: [CMD, redis-cli, ping]}}\n"
        "  store: {image: minio/minio, ports: ['9000:9000'], healthcheck: {test: [CMD, mc, ready, local]}}\n"
        "  stray: {build: ., command: python -m fake.child}\n" + web("back", 8001)
    )
    result = project.up()
    assert result.returncode == 0, result.stdout
    deadline = time.monotonic() + 30
    while len(project.processes()) < 7:
        assert time.monotonic() < deadline, project.omnicloud("status").stdout
        time.sleep(0.02)
    paths = map(Path, (project.folder / ".omnicloud/default/outside").read_text().splitlines())
    project.outside = {path: which for path in paths if (which := identity(path))}
    assert project.outside
    return project


def test_down_leaves_nothing(running: Project) -> None:
    assert running.omnicloud("down").returncode == 0
    running.assert_nothing_left()


def test_a_killed_supervisor_leaves_nothing(running: Project) -> None:
    os.kill(running.state["pid"], signal.SIGKILL)
    running.assert_nothing_left()


def test_a_killed_zygote_leaves_nothing(running: Project) -> None:
    children = Path(f"/proc/{running.state['pid']}/task/{running.state['pid']}/children").read_text().split()
    zygote = next(pid for pid in children if b"zygote.py" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(int(zygote), signal.SIGKILL)
    running.assert_nothing_left()


def test_down_clears_up_after_both_were_killed_at_once(running: Project) -> None:
    supervisor = running.state["pid"]
    os.kill(supervisor, signal.SIGSTOP)
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    zygote = next(pid for pid in children if b"zygote.py" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(int(zygote), signal.SIGKILL)
    os.kill(supervisor, signal.SIGKILL)
    running.omnicloud("down")
    running.assert_nothing_left()


def test_a_terminated_supervisor_leaves_nothing(running: Project) -> None:
    os.kill(running.state["pid"], signal.SIGTERM)
    running.assert_nothing_left()


def _start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    # Background jobs of a script ignore Ctrl-C, and so would their children: the suite may be one.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "environment.cli", "up"]
    return subprocess.Popen(
        [*command, "--ports", "auto", "--owner", str(os.getpid()), *arguments],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_while_starting_leaves_nothing(project: Project, web: Web) -> None:
    slow = web("back", 8001, arguments="sick").replace("start_period: 400ms", "start_period: 60s")
    project.compose("services:\n" + slow)
    command = _start(project)
    deadline = time.monotonic() + 10
    while not (project.folder / ".omnicloud/default/fleet.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    command.send_signal(signal.SIGINT)
    assert command.wait(15) == 130
    project.assert_nothing_left()


def test_ctrl_c_ends_an_attached_fleet(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    command = _start(project, "--attach")
    assert command.stdout is not None
    for line in command.stdout:
        if "Ctrl-C" in line:
            break
    command.send_signal(signal.SIGINT)
    assert command.wait(15) == 130
    project.assert_nothing_left()


def test_a_fleet_ends_with_its_owner(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert project.up("--owner", str(owner.pid)).returncode == 0
    owner.kill()
    owner.wait()
    project.assert_nothing_left()


def test_a_fleet_that_cannot_start_leaves_nothing(project: Project) -> None:
    project.compose("services: {a: {image: 'nobody/knows:1'}}")
    assert project.up().returncode == 1
    project.assert_nothing_left()
