"""However a run with workers ends, the fleets of its workers go with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from environment.tests.fleet.conftest import Project
from tests.support.workers import TESTS

REPOSITORY = TESTS.parent
SLEEPER = """
import pathlib, time


def test_%s():
    pathlib.Path("begun-%s").touch()
    time.sleep(100)
"""
SECONDS = 120.0


@pytest.fixture
def run(tmp_path: Path) -> Iterator[tuple[Project, subprocess.Popen[bytes]]]:
    """Two workers of the real suite's settings, each with a fleet of one server and in the middle of a long test."""
    project = Project(tmp_path / "project")
    for name in ("tests/conftest.py", "tests/support", "pyproject.toml"):
        source, target = REPOSITORY / name, project.folder / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    project.compose("services:\n  cache: {image: 'redis:7', ports: ['6379:6379']}\n")
    for name in ("a", "b"):
        (project.folder / "tests/unit/x").mkdir(parents=True, exist_ok=True)
        (project.folder / f"tests/unit/x/test_{name}.py").write_text(SLEEPER % (name, name))
    (project.folder / "tests/chaos/x").mkdir(parents=True)
    (project.folder / "tests/chaos/x/test_live.py").write_text("def test_live():\n    pass\n")
    # Those that are known to be long come first.
    (project.folder / "tests/durations.json").write_text(
        '{"tests/unit/x/test_a.py::test_a": 9, "tests/unit/x/test_b.py::test_b": 9, "tests/chaos/x/test_live.py": 1}'
    )
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("OMNICLOUD", "PYTEST"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "tests", "-n", "2", "--dist", "loadfile"],
        cwd=project.folder,
        env={**inherited, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # Who runs these tests in the background may have it ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until(lambda: len(list(project.folder.glob("begun-*"))) == 2 and len(fleets(project)) == 2)
    yield project, process
    process.kill()
    process.wait()


def until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def fleets(project: Project) -> list[Path]:
    return list(project.folder.glob(".omnicloud/*/fleet.json"))


def test_an_interrupt_takes_every_fleet_down(run: tuple[Project, subprocess.Popen[bytes]]) -> None:
    project, process = run
    # As a terminal does. About one in sixty goes unheard on a busy machine, and people press it again: Python drops an
    # exception that is raised in a destructor or a callback of its garbage collector. That it is this isn't proven.
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS / 3)
            break
    assert process.poll() is not None
    until(lambda: not project.processes())
    assert not fleets(project)


def test_a_killed_controller_leaves_no_fleet(run: tuple[Project, subprocess.Popen[bytes]]) -> None:
    project, process = run
    process.kill()
    process.wait()
    until(lambda: not project.processes())
    assert not fleets(project)
