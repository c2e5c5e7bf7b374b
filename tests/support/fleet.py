"""The fleet under test, seen from outside: addresses, health, and the drills of chaos tests over its control socket."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UP_TIMEOUT_SECONDS = 300
"""The start ends by itself when nothing more can change; this only bounds a runner that hangs."""
REQUEST_TIMEOUT_SECONDS = 60.0


ROUTED = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy",
    "monitor", "billing", "audit", "compliance",
)  # fmt: skip
"""The services behind the gateway."""
ROUTED_WITHIN_SECONDS = 20.0
ROUTED_POLL_SECONDS = 0.1


class FleetUnavailable(Exception):
    """There is no fleet to test against; the message is what the runner said."""


@dataclass
class FleetControl:
    """A running fleet. Drills need the local fleet's control socket and fail with a clear message without one."""

    url: str
    """The gateway."""
    control: str | None = None
    ports: dict[str, int] = field(default_factory=dict)
    """`name:port` of the compose file -> port on loopback."""
    _disturbed: bool = field(default=False, init=False)
    _kafka_is_down: bool = field(default=False, init=False)

    # ------------------------------------------------------------------ facts

    def address(self, name_and_port: str) -> tuple[str, int]:
        """Host and port under which `redis:6379` of the compose file is reached from here."""
        name, _, port = name_and_port.rpartition(":")
        if name_and_port in self.ports:
            return "127.0.0.1", self.ports[name_and_port]
        if urlsplit(self.url).hostname == "gateway":
            return name, int(port)
        raise KeyError(f"{name_and_port} is no address of this fleet: {', '.join(sorted(self.ports))}")

    def services(self) -> dict[str, dict[str, Any]]:
        """Every service's state, health and reason by name; empty when the fleet has no control socket."""
        if self.control is None:
            return {}
        return {service["name"]: service for service in self._request("services")["services"]}

    def logs(self, name: str, lines: int = 100) -> list[str]:
        """The last lines of a service's log."""
        return list(self._request("logs", service=name, lines=lines)["lines"])

    # ------------------------------------------------------------------ drills

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash. Returns when the process is gone."""
        self._disturb("kill", service=name)

    def stop(self, name: str) -> None:
        """SIGTERM and a grace period, as an orderly shutdown."""
        self._disturb("stop", service=name)

    def start(self, name: str) -> None:
        """Start a service that was killed or stopped."""
        self._disturb("start", service=name)

    def restart(self, name: str) -> None:
        """Stop and start."""
        self._disturb("restart", service=name)

    def crash(self, name: str) -> None:
        """Kill it and start it again. Returns once it is healthy and the gateway reaches every service."""
        self.kill(name)
        self.start(name)
        self.wait_healthy(name)
        unrouted = self.wait_routed()
        assert not unrouted, f"not routed within {ROUTED_WITHIN_SECONDS:g} s: {', '.join(sorted(unrouted))}"

    def pause(self, name: str) -> None:
        """SIGSTOP: connections stay open, nothing answers."""
        self._disturb("pause", service=name)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self._disturb("resume", service=name)

    def wait_healthy(self, name: str, timeout: float = 30.0) -> None:
        """Returns when a health check that began now has passed; fails otherwise."""
        self._request("wait_healthy", service=name, timeout=timeout)

    def kafka_down(self) -> None:
        """The broker goes away: connections are reset and new ones refused. Nothing that it holds is lost."""
        self._kafka_is_down = True
        self._disturb("kafka", command="down")

    def kafka_up(self) -> None:
        """The broker is back, with its topics, records and offsets."""
        self._disturb("kafka", command="up")
        self._kafka_is_down = False

    def kafka_drop(self) -> None:
        """Every connection to the broker is reset once."""
        self._disturb("kafka", command="drop")

    def kafka_delay(self, milliseconds: int) -> None:
        """Every answer of the broker comes that much later; 0 ends it."""
        self._disturb("kafka", command=f"rtt {milliseconds}")

    def step_clock(self, seconds: float) -> None:
        """All services see a wall clock that is `seconds` ahead (negative: behind); 0 ends it."""
        self._disturb("clock", seconds=seconds)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """A service paused for the length of a block."""
        self.pause(name)
        try:
            yield
        finally:
            self.resume(name)

    def restore(self) -> None:
        """Undo what drills left behind: everything that was up is up and healthy again."""
        if not self._disturbed:
            return
        self._disturbed = False
        self._request("clock", seconds=0)
        self._request("kafka", command="up")
        self._request("kafka", command="rtt 0")
        self._kafka_is_down = False
        self._request("repair")
        self.wait_routed()

    def wait_routed(self) -> set[str]:
        """Wait until the gateway reaches every healthy service: discovery learns of a restart a bit later.

        The services that it doesn't reach in time.
        """
        known = self.services()
        waiting = {name for name in ROUTED if name in known and known[name]["healthy"]}
        deadline = time.monotonic() + ROUTED_WITHIN_SECONDS
        # A client address of its own, so that asking uses up nobody's rate limit.
        headers = {"X-Forwarded-For": f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=5.0) as client:
            while waiting and time.monotonic() < deadline:
                waiting -= {name for name in waiting if _answers(client, name)}
                if waiting:
                    time.sleep(ROUTED_POLL_SECONDS)
        return waiting

    # ------------------------------------------------------------------ the socket

    def _disturb(self, op: str, **arguments: Any) -> None:
        self._disturbed = True
        self._request(op, **arguments)

    def _request(self, op: str, **arguments: Any) -> dict[str, Any]:
        if self.control is None:
            _no_control(self.url)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(REQUEST_TIMEOUT_SECONDS)
            connection.connect("\0" + self.control.removeprefix("@"))
            connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            with connection.makefile("r", encoding="utf-8") as lines:
                line = lines.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"ok": False, "error": "the fleet ended"}
        assert answer["ok"], f"{op} {arguments}: {answer['error']} {answer.get('hint', '')}"
        return answer


def _no_control(url: str) -> NoReturn:
    pytest.fail(
        f"this test stops or asks processes, which needs the local fleet; {url} has no control socket here. Start it "
        "with `omnicloud up`, or unset OMNICLOUD_URL to have the tests start one.",
        pytrace=False,
    )


def _answers(client: httpx.Client, service: str) -> bool:
    """Whether the gateway reaches an instance of the service: then nothing being there is the service's own answer."""
    try:
        return client.get(f"/api/{service}/v1/is-anybody-there").status_code in (401, 404)
    except httpx.HTTPError:
        return False


def running_fleet(url: str) -> FleetControl:
    """The fleet that OMNICLOUD_URL names: a local one by its state file, else one in containers."""
    for state_file in sorted((ROOT / ".omnicloud").glob("*/fleet.json")):
        state = json.loads(state_file.read_text())
        if os.environ.get("OMNICLOUD_CONTROL") == state["control"] or _same(state["url"], url):
            return FleetControl(url, state["control"], state["ports"])
    return FleetControl(url, os.environ.get("OMNICLOUD_CONTROL"), _published_ports())


def start_fleet() -> tuple[FleetControl, Callable[[], None]]:
    """A fleet of our own on free ports, and how to take it down; it goes down, too, when this process dies.

    Broken services don't prevent it: their tests fail. Raises FleetUnavailable when it could not be started at all.
    """
    name = f"pytest-{os.getpid()}"
    cli = [sys.executable, "-m", "environment.cli"]
    where = ["--workspace", str(ROOT), "--name", name]
    finished = subprocess.run(
        [*cli, "up", *where, "--ports", "auto", "--owner", str(os.getpid())],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=UP_TIMEOUT_SECONDS,
        check=False,
    )
    state_file = ROOT / ".omnicloud" / name / "fleet.json"
    if not state_file.is_file():
        raise FleetUnavailable(f"the fleet did not start:\n{finished.stdout[-4000:]}{finished.stderr[-4000:]}".rstrip())
    state = json.loads(state_file.read_text())

    def down() -> None:
        subprocess.run([*cli, "down", *where], cwd=ROOT, capture_output=True, timeout=60, check=False)

    return FleetControl(state["url"], state["control"], state["ports"]), down


def _same(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    loopback = {"localhost", "127.0.0.1", "0.0.0.0"}
    hosts = {first.hostname, second.hostname}
    return first.port == second.port and (len(hosts) == 1 or hosts <= loopback)


def _published_ports() -> dict[str, int]:
    """Host ports of the compose file, for a fleet in containers on this machine."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ports: dict[str, int] = {}
    for name, service in document["services"].items():
        for entry in service.get("ports", ()):
            host, _, container = str(entry).rpartition(":")
            if host:
                published = int(host.rpartition(":")[2])
                ports[f"{name}:{container}"] = published
                ports.update({f"{name}:{port}": published for port in service.get("expose", ())})
    return ports
