"""Observes a workspace as `docker compose up` runs it, under a project name and image names of its own.

Compose starts nothing more once one service has failed; the local fleet starts whatever still can. To see the same,
what compose left behind and could still start is started here, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from environment.causes import one_line
from environment.fleet.compose import ComposeFile, Condition, read_compose
from environment.fleet.errors import FleetError
from environment.symptoms import probes
from environment.symptoms.observation import NO_CHECK, Observation, Trouble

PROJECT = "omnicloud-symptoms"
URL = "http://localhost:8000"
LOOK_SECONDS = 1.0
SETTLE_SECONDS = 300.0
"""A service that never becomes ready is called unhealthy after its start period and two checks: two minutes."""
STEP_SECONDS = 900.0
"""Limit of one step of compose; the longest is building the images."""
LOG_LINES = 200


@dataclass(frozen=True)
class Container:
    """What compose says of one service's container."""

    state: str
    """`created`, `running`, `restarting`, `exited`, `paused` or `dead`."""
    health: str
    """`starting`, `healthy`, `unhealthy`; empty without a health check."""
    exit_code: int

    @property
    def settled(self) -> bool:
        """Whether it stays as it is, if nobody does anything."""
        return self.state != "restarting" and not (self.state == "running" and self.health == "starting")

    def satisfies(self, condition: Condition) -> bool:
        """Whether what waits for the condition may start."""
        match condition:
            case Condition.STARTED:
                return self.state == "running" or (self.state == "exited" and self.exit_code == 0)
            case Condition.HEALTHY:
                return self.state == "running" and self.health == "healthy"
            case Condition.COMPLETED:
                return self.state == "exited" and self.exit_code == 0


class Project:
    """The workspace's compose project. Raises FleetError where compose itself can't do what is asked."""

    def __init__(self, folder: Path, override: Path) -> None:
        self._folder = folder
        self._argv = ["docker", "compose", "-p", PROJECT, "-f", "docker-compose.yml", "-f", str(override)]

    def build(self) -> None:
        """Make the images of the workspace's services."""
        self._must("build", "--quiet")

    def up(self) -> str:
        """Start everything; what compose said if it gave up. That services fail is what is looked for, no error."""
        done = self._run(["up", "--detach", "--no-build"])
        return "" if done.returncode == 0 else done.stderr.strip()

    def start(self, name: str) -> None:
        """Start one service that compose left behind."""
        self._run(["up", "--detach", "--no-build", "--no-deps", name])

    def down(self) -> None:
        """Remove containers, networks and volumes."""
        self._must("down", "--volumes", "--timeout", "2", "--remove-orphans")

    def containers(self) -> dict[str, Container]:
        """Every container by its service's name."""
        found = {}
        for line in self._must("ps", "--all", "--format", "json").splitlines():
            entry: dict[str, Any] = json.loads(line)
            found[entry["Service"]] = Container(entry["State"], entry.get("Health", ""), int(entry["ExitCode"]))
        return found

    def last_line(self, name: str) -> str:
        """The last line that a service wrote."""
        written = _docker("logs", "--tail", str(LOG_LINES), self._id(name))
        return next((line.strip() for line in reversed(written.splitlines()) if line.strip()), "no output")

    def health_output(self, name: str) -> str:
        """What the latest health check printed."""
        shown = _docker("inspect", "--format", "{{json .State.Health.Log}}", self._id(name))
        checks: list[dict[str, Any]] = json.loads(shown or "null") or [{"Output": ""}]
        return str(checks[-1]["Output"])

    def _id(self, name: str) -> str:
        return self._must("ps", "--all", "--quiet", name).split()[0]

    def _must(self, *words: str) -> str:
        done = self._run(words)
        if done.returncode != 0:
            last = "\n".join(done.stderr.strip().splitlines()[-15:])
            raise FleetError(
                f"docker compose {words[0]} failed:\n{last}", "See that the engine runs and its ports are free."
            )
        return done.stdout

    def _run(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [*self._argv, *words],
                cwd=self._folder,
                env={**os.environ, "COMPOSE_PROGRESS": "quiet"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=STEP_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FleetError(
                f"docker compose {words[0]} did not end within {STEP_SECONDS:g} s.", "See what the engine is doing."
            ) from error


def observe(folder: Path, tests: Sequence[str]) -> Observation:
    """Build the workspace's images, start its containers, look, run the tests, remove everything."""
    try:
        compose = read_compose(folder / "docker-compose.yml", os.environ)
    except FleetError as error:
        return Observation({"docker-compose.yml": Trouble("failed", one_line(error.message))})
    with _project(folder) as project:
        project.build()
        began = time.monotonic()
        gave_up = project.up()
        containers = _settle(project, compose, began)
        seconds = time.monotonic() - began
        troubles = {
            name: trouble
            for name, container in sorted(containers.items())
            if (trouble := _trouble(project, compose, name, container))
        }
        held_back = tuple(sorted(name for name, container in containers.items() if container.state == "created"))
        require_cause(gave_up, troubles, held_back)
        said = probes.run(folder, tests, {"OMNICLOUD_URL": URL, "COMPOSE_PROJECT_NAME": PROJECT})
    return Observation(troubles, held_back, said, seconds)


def require_cause(gave_up: str, troubles: Mapping[str, Trouble], held_back: Sequence[str]) -> None:
    """Raise FleetError when services were not started and none of them is to blame: a port in use, say."""
    if gave_up and held_back and not troubles:
        last = "\n".join(gave_up.splitlines()[-5:])
        raise FleetError(f"docker compose up failed, and no service is the cause:\n{last}", "Free what it names.")


@contextmanager
def _project(folder: Path) -> Iterator[Project]:
    """The project, with what an earlier run left taken away before and everything after it."""
    with tempfile.TemporaryDirectory() as scratch:
        override = Path(scratch) / "images.yml"
        override.write_text(yaml.safe_dump(_images(folder)))
        project = Project(folder, override)
        project.down()
        try:
            yield project
        finally:
            project.down()


def _images(folder: Path) -> dict[str, Any]:
    """Further names for the images that are built, so that those of the reference stay what they are.

    The image that all others begin with holds nothing of the workspace and keeps its name, by which they know it.
    """
    services: Mapping[str, Any] = yaml.safe_load((folder / "docker-compose.yml").read_text())["services"]
    names = {
        name: service["image"]
        for name, service in services.items()
        if "image" in service and "build" in service and service.get("scale") != 0
    }
    return {"services": {name: {"image": f"{PROJECT}/{image.rpartition('/')[2]}"} for name, image in names.items()}}


def _settle(project: Project, compose: ComposeFile, began: float) -> dict[str, Container]:
    """Wait until nothing changes any more, starting what compose could have started."""
    tried: set[str] = set()
    while True:
        containers = project.containers()
        late = time.monotonic() - began > SETTLE_SECONDS
        ready = [name for name in _startable(compose, containers) if name not in tried]
        for name in ready:
            tried.add(name)
            project.start(name)
        jobs_run = any(compose.is_job(name) and item.state == "running" for name, item in containers.items())
        if late or (not ready and not jobs_run and all(item.settled for item in containers.values())):
            return containers
        time.sleep(LOOK_SECONDS)


def _startable(compose: ComposeFile, containers: Mapping[str, Container]) -> list[str]:
    waiting = [name for name, container in containers.items() if container.state == "created"]
    return [
        name
        for name in waiting
        if all(containers[other].satisfies(condition) for other, condition in compose.services[name].depends_on.items())
    ]


def _trouble(project: Project, compose: ComposeFile, name: str, container: Container) -> Trouble | None:
    if container.state == "exited" and (container.exit_code != 0 or not compose.is_job(name)):
        return Trouble("exited", one_line(f"exit status {container.exit_code}: {project.last_line(name)}"))
    if container.health in ("unhealthy", "starting"):
        return Trouble(container.health, one_line(project.health_output(name)))
    if container.state == "running" and not container.health and not compose.is_job(name):
        return Trouble(NO_CHECK, "it runs, and nothing tells whether it serves")
    if container.state not in ("created", "running", "exited"):
        return Trouble(container.state, one_line(project.last_line(name)))
    return None


def _docker(*words: str) -> str:
    """What the engine answers, whichever stream it is written to."""
    asked = ["docker", *words]
    return subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
