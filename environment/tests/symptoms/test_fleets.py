"""A small project's symptoms: as local processes, and by what an engine says of containers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from environment.fleet.compose import ComposeFile, Condition, Service
from environment.fleet.compose.model import HealthCheck
from environment.fleet.errors import FleetError
from environment.symptoms import containers, local
from environment.symptoms.containers import Container
from environment.symptoms.observation import NO_CHECK, Trouble

COMPOSE = """
services:
  prepare: {build: ., command: python -m fake.job}
  bare: {build: ., command: python -m fake.bare, environment: {LISTEN_ADDRESS: '0.0.0.0:8001'}, ports: ['8001:8001']}
  late: {build: ., command: python -m fake.bare, depends_on: {prepare: {condition: service_completed_successfully}}}
"""
PROBE = """
import os
def test_sees_the_fleet():
    assert os.environ["OMNICLOUD_CONTROL"].startswith("@"), "no control"
    assert False, "as it should"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A job that fails, a service without a health check, and one that waits for the job; a test that fails."""
    package = tmp_path / "fake"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "job.py").write_text("raise ValueError('there is no such table')")
    (package / "bare.py").write_text("import time\ntime.sleep(600)")
    (tmp_path / "docker-compose.yml").write_text(COMPOSE)
    (tmp_path / "tests/system/x").mkdir(parents=True)
    (tmp_path / "tests/system/x/test_probe.py").write_text(PROBE)
    return tmp_path


def test_a_local_fleet_is_started_looked_at_and_taken_down(project: Path) -> None:
    test = "tests/system/x/test_probe.py::test_sees_the_fleet"
    seen = local.observe(project, [test])
    assert seen.troubles["prepare"] == Trouble("exited", "exit status 1: ValueError: there is no such table")
    assert seen.troubles["bare"].state == NO_CHECK
    assert seen.held_back == ("late",)
    assert (seen.tests[test].outcome, seen.tests[test].message) == ("failed", "AssertionError: as it should")
    assert not (project / ".omnicloud").exists()


def test_a_compose_file_that_cannot_be_read_is_a_symptom(project: Path) -> None:
    (project / "docker-compose.yml").write_text("services: [")
    assert list(local.observe(project, []).troubles) == ["docker-compose.yml"]
    assert list(containers.observe(project, []).troubles) == ["docker-compose.yml"]


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([{"event": "service", "name": "bare"}], "supervisor died"),
        ([{"event": "lost", "reason": "the zygote died"}], "broke down: the zygote died"),
    ],
)
def test_a_local_fleet_that_breaks_down_is_an_error_and_no_symptom(events: list[dict[str, str]], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        local._settled(iter(events))


def test_a_step_of_compose_that_does_not_end_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = project / "bin/docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexec sleep 600\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    monkeypatch.setattr(containers, "STEP_SECONDS", 0.2)
    with pytest.raises(FleetError, match=r"docker compose build did not end within 0.2 s"):
        containers.Project(project, project / "images.yml").build()


class FakeProject(containers.Project):
    """An engine's answers: one list of containers after the other, the last one for ever."""

    def __init__(self, *answers: dict[str, Container]) -> None:
        self.answers = list(answers)
        self.started: list[str] = []

    def containers(self) -> dict[str, Container]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def start(self, name: str) -> None:
        self.started.append(name)

    def last_line(self, name: str) -> str:
        return f"{name}'s last line"

    def health_output(self, name: str) -> str:
        return f"{name} is sick"


HEALTH = HealthCheck(("CMD", "true"))
SERVICES = ComposeFile(
    Path("docker-compose.yml"),
    {
        "job": Service("job", built=True),
        "server": Service("server", healthcheck=HEALTH),
        "after": Service("after", depends_on={"job": Condition.COMPLETED, "server": Condition.HEALTHY}),
        "beside": Service("beside", depends_on={"server": Condition.HEALTHY}, healthcheck=HEALTH),
    },
)
FAILED, DONE = Container("exited", "", 1), Container("exited", "", 0)
HEALTHY, STARTING = Container("running", "healthy", 0), Container("running", "starting", 0)
CREATED = Container("created", "", 0)


def test_what_compose_left_behind_and_could_still_start_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "LOOK_SECONDS", 0.0)
    first = {"job": FAILED, "server": STARTING, "after": CREATED, "beside": CREATED}
    project = FakeProject(first, first | {"server": HEALTHY}, first | {"server": HEALTHY, "beside": HEALTHY})
    settled = containers._settle(project, SERVICES, time.monotonic())
    assert project.started == ["beside"]
    assert settled["after"] == CREATED


@pytest.mark.parametrize(
    ("name", "container", "trouble"),
    [
        ("job", FAILED, Trouble("exited", "exit status 1: job's last line")),
        ("job", DONE, None),
        ("server", DONE, Trouble("exited", "exit status 0: server's last line")),
        ("server", HEALTHY, None),
        ("server", Container("running", "unhealthy", 0), Trouble("unhealthy", "server is sick")),
        ("server", STARTING, Trouble("starting", "server is sick")),
        ("after", CREATED, None),
        ("after", Container("running", "", 0), Trouble(NO_CHECK, "it runs, and nothing tells whether it serves")),
        ("server", Container("restarting", "", 1), Trouble("restarting", "server's last line")),
    ],
)
def test_a_containers_trouble(name: str, container: Container, trouble: Trouble | None) -> None:
    assert containers._trouble(FakeProject({}), SERVICES, name, container) == trouble


def test_a_start_that_failed_for_no_services_fault_is_an_error_and_no_symptom() -> None:
    words = "port 8000 is already allocated"
    with pytest.raises(FleetError, match=words):
        containers.require_cause(words, {}, ["gateway"])
    containers.require_cause(words, {"migrate": Trouble("exited", "why")}, ["gateway"])
    containers.require_cause(words, {}, [])
    containers.require_cause("", {}, ["gateway"])
