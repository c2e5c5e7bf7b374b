"""A fleet from `up` to `down`: order, health, what is blocked by what, drills."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from environment.fleet.client import FleetClient
from environment.fleet.project import FleetPaths
from environment.tests.fleet.conftest import ROOT, Project

Web = Callable[..., str]


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
        return str(answer.read().decode())


def test_services_start_when_their_conditions_hold_and_reach_each_other(project: Project, web: Web) -> None:
    # given a job that must complete and a service that waits for it and for another's health
    project.compose(
        "services:\n"
        "  prepare: {build: ., command: python -m fake.job 0, environment: {NAME: prepare}}\n"
        + web("back", 8001, "depends_on: {prepare: {condition: service_completed_successfully}}")
        + web("front", 8000, "depends_on: {back: {condition: service_healthy}}").replace(
            "LISTEN_ADDRESS", "PEER: 'back:8001', LISTEN_ADDRESS"
        )
    )
    # when
    result = project.up()
    # then
    assert result.returncode == 0, result.stdout + result.stderr
    services = project.status()["services"]
    assert {name: service["state"] for name, service in services.items()} == {
        "prepare": "completed", "back": "healthy", "front": "healthy",
    }  # fmt: skip
    ports = project.state["ports"]
    assert get(ports["front:8000"]) == f"127.0.0.1:{ports['back:8001']}"
    for name in ("back:8001", "front:8000"):
        assert f"http://127.0.0.1:{ports[name]}" in result.stdout
    assert "Boot time" in result.stdout
    assert "MiB (PSS" in result.stdout
    # and when it goes down, nothing is left
    assert project.omnicloud("down").returncode == 0
    project.assert_nothing_left()


def test_a_failed_job_blocks_its_dependents_and_says_why(project: Project, web: Web) -> None:
    project.compose(
        "services:\n"
        "  migrate: {build: ., command: python -m fake.job 3, environment: {NAME: migrate}}\n"
        + web("back", 8001, "depends_on: {migrate: {condition: service_completed_successfully}}")
        + web("front", 8000, "depends_on: {back: {condition: service_healthy}}")
        + web("apart", 8002)
    )
    result = project.up()
    assert result.returncode == 1
    services = project.status()["services"]
    assert services["migrate"]["state"] == "failed"
    assert services["migrate"]["exit_code"] == 3
    assert "the job says why" in services["migrate"]["reason"]
    assert services["back"]["state"] == "blocked"
    assert services["back"]["reason"] == "migrate failed: exit status 3: the job says why"
    assert services["front"]["reason"] == "back is blocked: migrate failed: exit status 3: the job says why"
    assert services["apart"]["state"] == "healthy"
    assert "the job says why" in result.stdout


def test_two_jobs_with_one_error_are_told_as_one_cause_whose_log_can_be_shown(project: Project, web: Web) -> None:
    # given two jobs that fail alike, and services that wait for them, one through another
    done = "{condition: service_completed_successfully}"
    project.compose(
        "services:\n"
        "  migrate: {build: ., command: python -m fake.job 3, environment: {NAME: migrate}}\n"
        "  topics: {build: ., command: python -m fake.job 3, environment: {NAME: topics}}\n"
        + web("back", 8001, f"depends_on: {{migrate: {done}, topics: {done}}}")
        + web("front", 8000, "depends_on: {back: {condition: service_healthy}}")
    )
    # when
    result = project.up()
    # then
    assert result.returncode == 1
    assert result.stdout.count("the job says why") == 1
    assert (
        "2 jobs end with the same error (exit status 3), 2 parts wait for them:\n  migrate, topics\n" in result.stdout
    )
    assert "  for migrate, topics:\n    back, front\n" in result.stdout
    assert "front              http" not in result.stdout
    assert project.status()["services"]["front"]["waits_for"] == ["back"]
    # and the command that it suggests works where it says so
    (suggested,) = re.findall(r"The whole log, while the fleet is up: (.*)", result.stdout)
    shown = subprocess.run(
        suggested,
        shell=True,
        cwd=project.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(project.folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stdout) == (0, "the job says why\n")


def test_a_service_that_exits_while_starting_blocks_at_once(project: Project, web: Web) -> None:
    project.compose(
        "services:\n"
        + web("back", 8001).replace("fake.web", "fake.missing")
        + web("front", 8000, "depends_on: {back: {condition: service_healthy}}")
    )
    result = project.up()
    assert result.returncode == 1
    services = project.status()["services"]
    assert services["back"]["state"] == "exited"
    assert "No module named fake.missing" in services["back"]["reason"]
    assert services["front"]["state"] == "blocked"


def test_a_service_that_never_gets_ready_is_unhealthy_with_its_answer(
    project: Project, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMNICLOUD_PATIENCE", raising=False)
    project.compose("services:\n" + web("back", 8001, arguments="sick"))
    result = project.up()
    assert result.returncode == 1
    back = project.status()["services"]["back"]
    assert back["state"] == "unhealthy"
    assert "503" in back["reason"]
    assert "sick of it" in back["reason"]
    assert back["overdue"] == "not healthy within 0.8 s"
    assert "Still starting when patience ended:\n  back (not healthy within 0.8 s)\n" in result.stdout
    assert re.search("OMNICLOUD_PATIENCE=3 .* up --ports auto\n", result.stdout)


def test_a_service_without_a_health_check_runs_but_never_counts_as_healthy(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001, check=False))
    result = project.up()
    assert result.returncode == 0
    back = project.status()["services"]["back"]
    assert (back["state"], back["healthy"], back["has_health_check"]) == ("running", False, False)
    assert "Without a health check, so never known to be healthy: back" in result.stdout
    refused = project.omnicloud("restart", "back")
    assert refused.returncode == 1
    assert "back has no health check" in refused.stderr


def test_a_child_sees_the_project_and_nothing_of_the_runner(project: Project) -> None:
    project.compose(
        "services:\n"
        "  one: {build: ., command: [python, -m, fake.job, '0', 'a b'], environment: {NAME: one, X: y}}\n"
        "  two: {build: ., command: python -m fake.job 0, environment: {NAME: two},\n"
        "        depends_on: {one: {condition: service_completed_successfully}}}\n"
    )
    assert project.up(SECRET_OF_THE_CALLER="x").returncode == 0
    seen = json.loads((project.folder / "one.json").read_text())
    assert seen["argv"] == ["0", "a b"]
    assert seen["path0"] == seen["cwd"] == str(project.folder)
    assert seen["env"]["X"] == "y"
    assert "SECRET_OF_THE_CALLER" not in seen["env"]
    assert seen["pgid_is_pid"]
    assert [name for name in seen["modules"] if name.split(".")[0] in ("environment", "services", "shared")] == []
    assert "sqlalchemy" in seen["modules"]


def test_a_fleet_may_start_with_its_clock_ahead_of_the_machines(project: Project) -> None:
    # given a job that looks at the clock's file as soon as it runs
    project.compose(
        "services:\n"
        "  early: {build: ., command: python -m fake.job 0, volumes: ['clock:/run/omnicloud:ro'],\n"
        "          environment: {NAME: early, CLOCK_FILE: /run/omnicloud/clock}}\n"
        "volumes: {clock: {}}\n"
    )
    # when the fleet starts 400 days ahead
    assert project.up("--clock-offset", "34560000.25").returncode == 0
    # then the first process has seen no other time, and the drills know it
    assert float(json.loads((project.folder / "early.json").read_text())["clock"]) == 34560000.25
    client = FleetClient(FleetPaths(project.folder, "default"))
    assert client.request("clock")["seconds"] == 34560000.25
    assert client.request("clock", seconds=-600)["seconds"] == -600
    assert client.request("clock")["seconds"] == -600


def test_machines_of_tenants_are_reached_where_the_drills_say(project: Project) -> None:
    project.compose("services: {early: {build: ., command: python -m fake.job 0, environment: {NAME: early}}}\n")
    assert project.up().returncode == 0
    paths = FleetPaths(project.folder, "default")
    told, client = paths.volumes / "clock" / "translations", FleetClient(paths)
    for address, reached in (("10.254.0.1", "127.0.0.1"), ("10.254.0.2", "127.0.0.2"), ("10.254.0.1", "")):
        client.request("translate", address=address, reached=reached)
    assert told.read_text() == "10.254.0.2 127.0.0.2\n"


def test_a_fleets_clock_is_the_machines_unless_told_otherwise(project: Project) -> None:
    project.compose("services: {early: {build: ., command: python -m fake.job 0, environment: {NAME: early}}}\n")
    assert project.up().returncode == 0
    assert json.loads((project.folder / "early.json").read_text())["clock"] is None
    assert FleetClient(FleetPaths(project.folder, "default")).request("clock")["seconds"] == 0


def test_drills_change_what_they_say_and_repair_themselves(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    project.up()
    first = project.status()["services"]["back"]["pid"]

    assert project.omnicloud("pause", "back").returncode == 0
    assert project.status()["services"]["back"]["state"] == "paused"
    assert project.omnicloud("resume", "back").returncode == 0

    assert project.omnicloud("kill", "back").returncode == 0
    killed = project.status()["services"]["back"]
    assert (killed["state"], killed["exit_code"], killed["pid"]) == ("stopped", -9, None)
    again = project.omnicloud("kill", "back")
    assert (again.returncode, "back is not running" in again.stderr) == (1, True)

    assert project.omnicloud("restart", "back").returncode == 0
    after = project.status()["services"]["back"]
    assert after["state"] == "healthy"
    assert after["pid"] != first
    assert after["starts"] == 2


def test_a_restarted_service_runs_its_new_code(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    project.up()
    source = project.folder / "fake/web.py"
    source.write_text(source.read_text().replace('os.environ.get("PEER", "")', '"new code"'))
    project.omnicloud("restart", "back")
    assert get(project.state["ports"]["back:8001"]) == "new code"


def test_logs_are_kept_by_service(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    project.up()
    assert project.omnicloud("logs", "back").stdout.startswith("listening on")
    unknown = project.omnicloud("logs", "bakc")
    assert unknown.returncode == 1
    assert "Did you mean 'back'?" in unknown.stderr


def test_only_the_named_services_and_their_dependencies_start(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("base", 8001) + web("one", 8002, "depends_on: [base]") + web("other", 8003))
    project.up("one")
    assert set(project.status()["services"]) == {"base", "one"}


def test_two_fleets_of_one_project_run_side_by_side(project: Project, web: Web) -> None:
    project.compose("services:\n" + web("back", 8001))
    assert project.up().returncode == 0
    assert project.up("--name", "second").returncode == 0
    one = project.state["ports"]["back:8001"]
    two = json.loads((project.folder / ".omnicloud/second/fleet.json").read_text())["ports"]["back:8001"]
    assert one != two
    assert get(one) == get(two) == ""
    assert project.omnicloud("down", "--name", "second").returncode == 0
    assert project.status()["services"]["back"]["state"] == "healthy"


def test_a_real_server_stands_in_for_an_image(project: Project) -> None:
    project.compose(
        "services: {cache: {image: 'redis:7', ports: ['6379:6379'], healthcheck: {test: [CMD, redis-cli, ping]}}}"
    )
    result = project.up()
    assert result.returncode == 0, result.stdout
    assert project.omnicloud("kill", "cache").returncode == 0
    assert project.omnicloud("restart", "cache").returncode == 0
    project.omnicloud("down")
    project.assert_nothing_left()


def test_servers_start_however_deep_the_project_lies(tmp_path: Path) -> None:
    # given a folder whose files have longer paths than a socket may have
    project = Project(tmp_path / ("deep" * 30))
    images = {"cache": ("redis:7", 6379), "store": ("minio/minio", 9000), "registry": ("hashicorp/consul:1.16", 8500)}
    images |= {"database": ("postgres:15", 5432), "locks": ("quay.io/coreos/etcd:v3.5.9", 2379)}
    images |= {"vault": ("hashicorp/vault:1.15", 8200), "bus": ("confluentinc/cp-kafka:7.5.3", 9092)}
    project.compose(
        "services:\n"
        + "".join(
            f"  {name}: {{image: '{image}', ports: ['{port}:{port}'], healthcheck: {{test: [CMD, 'true']}},"
            " environment: {POSTGRES_PASSWORD: secret}}\n"
            for name, (image, port) in images.items()
        )
    )
    # when / then
    try:
        result = project.up()
        assert result.returncode == 0, result.stdout
    finally:
        project.omnicloud("down")
