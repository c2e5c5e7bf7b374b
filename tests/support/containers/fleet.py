"""The fleet of `docker compose up`: drills are what the engine does to containers, and to their network and volumes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.support.clock import clock
from tests.support.containers.broker import Broker
from tests.support.containers.engine import Engine
from tests.support.containers.helpers import Helpers
from tests.support.fleet import FleetControl

CLOCK_FILE = PurePosixPath("/run/omnicloud/clock")
"""Where the services look for the seconds by which their clock is stepped (CLOCK_FILE of the compose file)."""
LOOK_SECONDS = 0.1
REPAIR_SECONDS = 60.0
"""A broker or a database that was killed recovers first."""
_UP = frozenset({"running", "paused", "restarting"})


@dataclass(kw_only=True)
class ContainerFleet(FleetControl):
    """Every container that runs when the tests begin is running again after each of them."""

    engine: Engine
    project: str
    inside: bool
    """Whether the tests run in the fleet's own network."""
    _were_up: frozenset[str] = field(init=False)
    _helpers: Helpers = field(init=False)
    _broker: Broker | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        known = self.engine.containers_of(self.project)
        self._were_up = frozenset(name for name, entry in known.items() if entry["State"] in _UP)
        self._helpers = Helpers(self.engine)

    @property
    def can_be_asked(self) -> bool:
        return True

    # ------------------------------------------------------------------ facts

    def address(self, name_and_port: str) -> tuple[str, int]:
        if not self.inside:
            return super().address(name_and_port)
        name, _, port = name_and_port.rpartition(":")
        return name, int(port)

    def services(self) -> dict[str, dict[str, Any]]:
        return {name: self._service(name, entry) for name, entry in self.engine.containers_of(self.project).items()}

    def logs(self, name: str, lines: int = 100) -> list[str]:
        return self.engine.logs(self._container(name), lines)

    def _service(self, name: str, entry: dict[str, Any]) -> dict[str, Any]:
        """The engine's last opinion, but unless it is good it is asked for anew: it may be ten seconds old."""
        status, state = entry["Status"], entry["State"]
        has_check = state in _UP and "(" in status
        if state == "running" and has_check:
            state = "starting" if "starting" in status else "unhealthy" if "unhealthy" in status else "healthy"
        reason = status
        if state in ("starting", "unhealthy"):
            problem = self._problem(entry["Id"])
            state, reason = (state, problem) if problem else ("healthy", "")
        return {
            "name": name,
            "state": state,
            "healthy": state == "healthy",
            "has_health_check": has_check,
            "reason": reason,
        }

    def clock_offset(self) -> float:
        gateway = self.engine.containers_of(self.project).get("gateway")
        if gateway is None or gateway["State"] != "running":
            return 0.0
        ran = self.engine.execute(gateway["Id"], ["cat", str(CLOCK_FILE)])
        # There is no such file before the first step.
        return float(ran.output) if ran.status == 0 else 0.0

    # ------------------------------------------------------------------ drills

    def kill(self, name: str) -> None:
        self._act(name, "kill", signal="KILL")
        self.engine.wait_ended(self._container(name))

    def stop(self, name: str) -> None:
        self._act(name, "stop")

    def start(self, name: str) -> None:
        self._act(name, "start")

    def pause(self, name: str) -> None:
        self._act(name, "pause")

    def resume(self, name: str) -> None:
        self._act(name, "unpause")

    def wait_healthy(self, name: str, timeout: float = 30.0) -> None:
        container = self._container(name)
        deadline = time.monotonic() + timeout
        while problem := self._problem(container):
            if time.monotonic() >= deadline:
                pytest.fail(f"{name} did not become healthy within {timeout:g} s: {problem}", pytrace=False)
            time.sleep(LOOK_SECONDS)

    def kafka_down(self) -> None:
        self._disturbed = True
        self._kafka().down()

    def kafka_up(self) -> None:
        self._kafka().up()

    def kafka_drop(self) -> None:
        self._disturbed = True
        self._kafka().drop()

    def kafka_delay(self, milliseconds: int) -> None:
        self._disturbed = True
        self._kafka().delay(milliseconds)

    def set_clock(self, ahead: float) -> None:
        # Written beside and moved: nobody reads a half-written number.
        fresh = CLOCK_FILE.with_suffix(".new")
        script = f"echo {ahead} > {fresh} && chmod 644 {fresh} && mv {fresh} {CLOCK_FILE}"
        self._helpers.run(
            ["sh", "-c", script], NetworkMode="none", Binds=[f"{self._clock_volume()}:{CLOCK_FILE.parent}:rw"]
        )

    def _repair(self) -> None:
        self.set_clock(clock.ahead)
        if self._broker is not None:
            self._broker.up()
        damaged = []
        for name, entry in sorted(self.engine.containers_of(self.project).items()):
            if name not in self._were_up:
                continue
            if entry["State"] == "paused":
                self.engine.act(entry["Id"], "unpause")
            elif entry["State"] != "running":
                self.engine.act(entry["Id"], "start")
            elif "healthy)" in entry["Status"] and "unhealthy" not in entry["Status"]:
                continue
            damaged.append(name)
        for name in damaged:
            self.wait_healthy(name, REPAIR_SECONDS)

    # ------------------------------------------------------------------ the engine

    def _act(self, name: str, verb: str, **params: str) -> None:
        self._disturbed = True
        self.engine.act(self._container(name), verb, **params)

    def _container(self, name: str) -> str:
        entry = self.engine.containers_of(self.project).get(name)
        if entry is None:
            pytest.fail(f"{name} is not part of the fleet", pytrace=False)
        return str(entry["Id"])

    def _kafka(self) -> Broker:
        if self._broker is None:
            self._broker = Broker(self.engine, self._helpers, self._container("kafka"))
        return self._broker

    def _clock_volume(self) -> str:
        for mount in self.engine.inspect(self._container("gateway"))["Mounts"]:
            if mount["Destination"] == str(CLOCK_FILE.parent):
                return str(mount["Name"])
        pytest.fail(f"the gateway has no volume at {CLOCK_FILE.parent}: its clock can't be stepped", pytrace=False)

    def _problem(self, container: str) -> str:
        """Why its health check, run now, does not pass; empty when it does, or when there is none."""
        facts = self.engine.inspect(container)
        state = facts["State"]
        if state["Paused"] or not state["Running"]:
            return f"it is {state['Status']} (exit status {state['ExitCode']})"
        test = (facts["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
        if test[0] == "NONE":
            return ""
        command = test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", test[1]]
        ran = self.engine.execute(container, command)
        return "" if ran.status == 0 else ran.output.strip() or f"its health check ended with status {ran.status}"
