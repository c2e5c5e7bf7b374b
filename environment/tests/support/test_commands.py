"""A command of the platform where no runner can be asked to run it: beside the tests, as somebody would by hand."""

from __future__ import annotations

from tests.support.fleet import FleetControl


def test_without_a_runner_a_command_runs_beside_the_tests() -> None:
    fleet = FleetControl("http://127.0.0.1:1", {"kafka:9092": 1})
    ran = fleet.run("audit", "services.audit.cli", "export", files={"export": "nonsense"})
    assert (ran.status, ran.output.startswith("unreadable: ")) == (2, True), ran
