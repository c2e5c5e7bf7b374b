"""Agents of the fake platform and what they play in, as other processes can import them."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from environment.bugs.catalogue import load_catalogue
from environment.bugs.manifest import load_manifest
from environment.doors.playing import Agent, Task
from environment.envs.debug_env import Action, DebugEnv, Observation, Tool, action
from environment.grading.errors import InfrastructureError
from environment.grading.grade import Grader
from environment.grading.runner import Options
from environment.tests.fake_platform import EDITS, FILES
from environment.workspace.reference import Reference


@dataclass(frozen=True)
class FakeTask:
    """A task with one bug of the fake platform."""

    bug: str

    @property
    def id(self) -> str:
        return f"fake-{self.bug.lower()}"

    @property
    def bugs(self) -> tuple[str, ...]:
        return (self.bug,)


@dataclass(frozen=True)
class Environments:
    """Makes environments of the fake platform."""

    root: Path
    catalogue: Path
    broken: bool = False
    """Whether the machine can't grade."""

    def __call__(self) -> DebugEnv:
        manifest = load_manifest(self.catalogue)
        grader = Grader(Reference(self.root), load_catalogue(self.catalogue), manifest, Options(workers=1))
        return (Broken if self.broken else DebugEnv)(grader, shell_seconds=60)


class Broken(DebugEnv):
    """An environment whose machine can't go on."""

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, object]]:
        raise InfrastructureError("no disk")


def repairs(task: Task) -> Agent:
    """Writes the file as it is right, and hands in."""
    path = EDITS[task.bugs[0]][0]
    steps = iter([action(Tool.WRITE, path=path, text=FILES[path]), action(Tool.SUBMIT)])
    return lambda observation: next(steps)


def waits(task: Task) -> Agent:
    """Only ever looks."""
    return lambda observation: action(Tool.READ, path="README.md")


def despairs(task: Task) -> Agent:
    """Can't go on."""
    raise LookupError("no idea")


def babbles(task: Task) -> Agent:
    """Does what isn't an action."""
    return lambda observation: {"tool": 99, "path": "", "text": "hello"}


@dataclass(frozen=True)
class Dies:
    """Repairs, but kills its worker in the middle of an episode of one bug, so often."""

    folder: Path
    bug: str
    times: int

    def __call__(self, task: Task) -> Agent:
        agent = repairs(task)

        def act(observation: Observation) -> Action:
            done = len(list(self.folder.iterdir()))
            if task.bugs == (self.bug,) and done < self.times:
                (self.folder / f"{done}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return agent(observation)

        return act
