"""The drills of the fleet in containers, against an engine in memory."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.containers.engine import Ran, _frames
from tests.support.containers.fleet import ContainerFleet


class FakeEngine:
    """Containers with a state and a health; what was done to them is kept in order."""

    def __init__(self) -> None:
        self.states = {"gateway": "running", "tenants": "running", "kafka": "running", "topics": "exited"}
        self.health = {"gateway": "healthy", "tenants": "healthy", "kafka": "healthy"}
        self.done: list[tuple[str, ...]] = []
        self.helpers: list[dict[str, Any]] = []
        self.checks_pass = True
        self.clock = ""
        """The content of the services' clock file; there is none while this is empty."""

    def containers_of(self, project: str) -> dict[str, dict[str, Any]]:
        assert project == "omnicloud"
        return {name: {"Id": name, "State": state, "Status": self._status(name)} for name, state in self.states.items()}

    def _status(self, name: str) -> str:
        if self.states[name] != "running":
            return f"{self.states[name].capitalize()} (0) 2 minutes ago"
        words = {"starting": "health: starting"}.get(self.health[name], self.health[name])
        return f"Up 3 minutes ({words})"

    def inspect(self, container: str) -> dict[str, Any]:
        state = self.states[container]
        return {
            "State": {
                "Running": state in ("running", "paused"),
                "Paused": state == "paused",
                "Status": state,
                "ExitCode": 0,
            },
            "Config": {"Healthcheck": {"Test": ["CMD", "probe", container]}},
            "Mounts": [{"Destination": "/run/omnicloud", "Name": "omnicloud_clock"}],
        }

    def execute(self, container: str, command: Sequence[str]) -> Ran:
        if command[0] == "cat":
            assert (container, command[1]) == ("gateway", "/run/omnicloud/clock")
            return Ran(0, self.clock) if self.clock else Ran(1, "cat: /run/omnicloud/clock: No such file or directory")
        self.done.append(("check", container))
        return Ran(0, "") if self.checks_pass else Ran(1, "answered 503")

    def act(self, container: str, verb: str, **params: str) -> None:
        self.done.append((verb, container))
        if container in self.states:
            after = {"kill": "exited", "stop": "exited", "start": "running", "pause": "paused", "unpause": "running"}
            self.states[container] = after[verb]

    def wait_ended(self, container: str) -> int:
        return 0

    def create(self, body: dict[str, Any], name: str | None = None) -> str:
        self.helpers.append(body)
        return "helper"

    def remove(self, container: str) -> None:
        self.done.append(("remove", container))

    def logs(self, container: str, lines: int) -> list[str]:
        return ["ready"]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def fleet(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> ContainerFleet:
    monkeypatch.setattr(ContainerFleet, "wait_routed", lambda self: set())
    return ContainerFleet(url="http://gateway:8000", engine=engine, project="omnicloud", inside=True)  # type: ignore[arg-type]


def test_states_are_told_in_the_local_fleets_words(fleet: ContainerFleet, engine: FakeEngine) -> None:
    engine.health["tenants"] = "starting"
    engine.checks_pass = False
    engine.states["kafka"] = "paused"
    states = {name: (service["state"], service["healthy"]) for name, service in fleet.services().items()}
    assert states == {
        "gateway": ("healthy", True),
        "tenants": ("starting", False),
        "kafka": ("paused", False),
        "topics": ("exited", False),
    }


@pytest.mark.parametrize("opinion", ["starting", "unhealthy"])
def test_unless_an_opinion_is_good_it_is_asked_for_anew_because_it_may_be_old(
    fleet: ContainerFleet, engine: FakeEngine, opinion: str
) -> None:
    engine.health["tenants"] = opinion
    assert fleet.services()["tenants"]["healthy"]
    engine.checks_pass = False
    service = fleet.services()["tenants"]
    assert (service["healthy"], service["reason"]) == (False, "answered 503")


def test_what_was_up_is_up_again_and_what_was_not_is_left_alone(fleet: ContainerFleet, engine: FakeEngine) -> None:
    fleet.kill("tenants")
    fleet.pause("kafka")
    engine.done.clear()
    fleet.restore()
    acts = [entry for entry in engine.done if entry[1] in engine.states and entry[0] != "check"]
    assert acts == [("unpause", "kafka"), ("start", "tenants")]
    assert {entry[1] for entry in engine.done if entry[0] == "check"} == {"kafka", "tenants"}


def test_nothing_is_repaired_when_nothing_was_disturbed(fleet: ContainerFleet, engine: FakeEngine) -> None:
    fleet.services()
    fleet.restore()
    assert engine.done == []


def test_the_clock_is_stepped_in_the_services_volume(fleet: ContainerFleet, engine: FakeEngine) -> None:
    fleet.step_clock(-90.5)
    (helper,) = engine.helpers
    assert helper["HostConfig"]["Binds"] == ["omnicloud_clock:/run/omnicloud:rw"]
    assert helper["Cmd"][-1].startswith("echo -90.5 > /run/omnicloud/clock.new")


def test_the_clock_is_that_of_the_machine_or_as_somebody_has_stepped_it(
    fleet: ContainerFleet, engine: FakeEngine
) -> None:
    assert fleet.clock_offset() == 0
    engine.clock = "34560000.25\n"
    assert fleet.clock_offset() == 34560000.25
    engine.states["gateway"] = "exited"
    assert fleet.clock_offset() == 0


def test_a_broker_that_is_down_refuses_both_its_listeners_in_its_own_network(
    fleet: ContainerFleet, engine: FakeEngine
) -> None:
    fleet.kafka_down()
    (helper,) = engine.helpers
    assert helper["HostConfig"] == {"NetworkMode": "container:kafka", "CapAdd": ["NET_ADMIN"]}
    for port in (9092, 29092):
        assert f"-A INPUT ! -i lo -p tcp --dport {port} -j REJECT --reject-with tcp-reset" in helper["Cmd"][-1]


def test_a_service_that_does_not_become_healthy_fails_with_its_checks_words(
    fleet: ContainerFleet, engine: FakeEngine
) -> None:
    engine.checks_pass = False
    with pytest.raises(pytest.fail.Exception, match="tenants did not become healthy within 0 s: answered 503"):
        fleet.wait_healthy("tenants", timeout=0)


def test_the_pieces_of_both_streams_are_put_together() -> None:
    pieces = [(1, b"out\n"), (2, b"err\n"), (1, b"more")]
    content = b"".join(struct.pack(">BxxxI", stream, len(text)) + text for stream, text in pieces)
    assert _frames(content) == "out\nerr\nmore"
