"""The fleet under test, seen from outside: addresses, health, and the drills of chaos tests.

`FleetControl` is what tests use. How a drill is carried out is the business of its subclasses: `local_fleet` speaks to
the local fleet's control socket, `containers.fleet` to the container engine.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import httpx
import pytest

from tests.support.api import TLS
from tests.support.clock import clock

ROOT = Path(__file__).parents[2]
SERVICES = frozenset(app.parent.name for app in (ROOT / "services").glob("*/app.py"))
"""The platform's services: a folder each."""
ROUTED = SERVICES - {"gateway"}
"""The services behind the gateway."""
ROUTED_WITHIN_SECONDS = 20.0
ROUTED_POLL_SECONDS = 0.1
CIRCUITS_WITHIN_SECONDS = 10.0


class FleetUnavailable(Exception):
    """There is no fleet to test against; the message is what the runner said."""


class Ran(NamedTuple):
    """How a command of the platform ended, and what it wrote on both streams."""

    status: int
    output: str


@dataclass
class FleetControl:
    """A running fleet that can only be talked to: every drill fails with a clear message."""

    url: str
    """The gateway."""
    ports: dict[str, int] = field(default_factory=dict)
    """`name:port` of the compose file -> port on loopback."""
    _disturbed: bool = field(default=False, init=False)

    @property
    def can_be_asked(self) -> bool:
        """Whether the states of its services are known."""
        return False

    # ------------------------------------------------------------------ facts

    def address(self, name_and_port: str) -> tuple[str, int]:
        """Host and port under which `redis:6379` of the compose file is reached from here."""
        if name_and_port not in self.ports:
            raise KeyError(f"{name_and_port} is no address of this fleet: {', '.join(sorted(self.ports))}")
        return "127.0.0.1", self.ports[name_and_port]

    def services(self) -> dict[str, dict[str, Any]]:
        """Every service's state, health and reason by name; empty when nobody can be asked."""
        return {}

    def logs(self, name: str, lines: int = 100) -> list[str]:
        """The last lines of a service's log."""
        self._refuse()

    def clock_offset(self) -> float:
        """Seconds by which the services' clock is ahead of the machine's; 0 when nobody can be asked."""
        return 0.0

    def run(self, service: str, module: str, *arguments: str, files: Mapping[str, str] | None = None) -> Ran:
        """`python -m module arguments…` as somebody runs it who looks after the service: here beside the tests, by a
        fleet that has a runner in the environment of the service.

        Arguments that are names of `files` become the paths of files with those texts.
        """
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: str(Path(folder, name)) for name in files or ()}
            for name, text in (files or {}).items():
                Path(paths[name]).write_text(text)
            host, port = self.address("kafka:9092")
            done = subprocess.run(
                [sys.executable, "-m", module, *(paths.get(word, word) for word in arguments)],
                cwd=ROOT,
                env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": f"{host}:{port}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
                check=False,
            )
        return Ran(done.returncode, done.stdout)

    # ------------------------------------------------------------------ drills

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash. Returns when the process is gone."""
        self._refuse()

    def stop(self, name: str) -> None:
        """SIGTERM and a grace period, as an orderly shutdown."""
        self._refuse()

    def start(self, name: str) -> None:
        """Start a service that was killed or stopped."""
        self._refuse()

    def restart(self, name: str) -> None:
        """Stop and start."""
        self.stop(name)
        self.start(name)

    def crash(self, name: str) -> None:
        """Kill it and start it again. Returns once it is healthy and the gateway reaches every service."""
        self.kill(name)
        self.start(name)
        self.wait_healthy(name)
        unrouted = self.wait_routed()
        assert not unrouted, f"not routed within {ROUTED_WITHIN_SECONDS:g} s: {', '.join(sorted(unrouted))}"

    def pause(self, name: str) -> None:
        """Connections stay open, nothing answers."""
        self._refuse()

    def resume(self, name: str) -> None:
        """What was paused goes on."""
        self._refuse()

    def wait_healthy(self, name: str, timeout: float = 30.0) -> None:
        """Returns when a health check that began now has passed; fails otherwise."""
        self._refuse()

    def kafka_down(self) -> None:
        """The broker goes away: connections are reset and new ones refused. Nothing that it holds is lost."""
        self._refuse()

    def kafka_up(self) -> None:
        """The broker is back, with its topics, records and offsets."""
        self._refuse()

    def kafka_drop(self) -> None:
        """Every connection to the broker is reset once."""
        self._refuse()

    def kafka_delay(self, milliseconds: int) -> None:
        """Every answer of the broker comes that much later; 0 ends it."""
        self._refuse()

    def step_clock(self, seconds: float) -> None:
        """All services see a wall clock that is `seconds` ahead of the tests' own (negative: behind); 0 ends it."""
        self._disturbed = True
        self.set_clock(clock.ahead + seconds)
        clock.stepped = seconds

    def set_clock(self, ahead: float) -> None:
        """All services see a wall clock that is so many seconds ahead of the machine's, until it is set again."""
        self._refuse()

    @contextmanager
    def machine_address(self) -> Iterator[tuple[str, str]]:
        """An address that a tenant may give a machine of its own, and the one of this host that it is reached at."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            try:
                probe.connect(("203.0.113.99", 9))  # nothing is sent
                address: str = probe.getsockname()[0]
            except OSError:
                address = "127.0.0.1"
        if address.startswith("127."):
            pytest.skip("this host has no address but its loopback, where no backend of a tenant may be")
        yield address, address

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """A service paused for the length of a block."""
        self.pause(name)
        try:
            yield
        finally:
            self.resume(name)

    def restore(self) -> None:
        """Undo what drills left behind: everything that was up is up, healthy and routed to again."""
        if self._disturbed:
            self._disturbed = False
            clock.stepped = 0.0
            self._repair()
            self.wait_routed()
            self._wait_for_circuits()

    def _repair(self) -> None:
        """Undo the drills: the clock is the tests' own again, the broker up, and whatever was up once."""

    def wait_routed(self) -> set[str]:
        """Wait until the gateway reaches every healthy service: discovery learns of a restart a bit later.

        The services that it doesn't reach in time.
        """
        known = self.services()
        waiting = {name for name in ROUTED if name in known and known[name]["healthy"]}
        deadline = time.monotonic() + ROUTED_WITHIN_SECONDS
        # A client address of its own, so that asking uses up nobody's rate limit.
        headers = {"X-Forwarded-For": f"198.19.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=5.0, verify=TLS) as client:
            while waiting and time.monotonic() < deadline:
                waiting -= {name for name in waiting if _answers(client, name)}
                if waiting:
                    time.sleep(ROUTED_POLL_SECONDS)
        return waiting

    def _wait_for_circuits(self) -> None:
        """Wait until no service leaves another alone any more that failed it during a drill: a pause of two seconds."""
        addresses = [self.address(name) for name in self.ports if name.partition(":")[0] in ROUTED]
        deadline = time.monotonic() + CIRCUITS_WITHIN_SECONDS
        with httpx.Client(timeout=5.0, verify=TLS) as client:
            while addresses and time.monotonic() < deadline:
                addresses = [(host, port) for host, port in addresses if _has_open_circuit(client, host, port)]
                if addresses:
                    time.sleep(ROUTED_POLL_SECONDS)

    def _refuse(self) -> NoReturn:
        pytest.fail(
            f"this test stops or asks processes, which needs the fleet's runner; for {self.url} none was found. Start "
            "the fleet with `omnicloud up` or `docker compose up`, or unset OMNICLOUD_URL to have the tests start one.",
            pytrace=False,
        )


def _answers(client: httpx.Client, service: str) -> bool:
    """Whether the gateway reaches an instance of the service: then nothing being there is the service's own answer."""
    try:
        return client.get(f"/api/{service}/v1/is-anybody-there").status_code in (401, 404)
    except httpx.HTTPError:
        return False


def _has_open_circuit(client: httpx.Client, host: str, port: int) -> bool:
    """Whether a service that answers still leaves one of its upstreams alone."""
    try:
        metrics = client.get(f"http://{host}:{port}/metrics").text
    except httpx.HTTPError:
        return False
    pauses = [line for line in metrics.splitlines() if line.startswith("client_circuit_pause_seconds{")]
    return any(float(line.rpartition(" ")[2]) > 0 for line in pauses)
