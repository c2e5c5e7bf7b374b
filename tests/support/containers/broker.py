"""Faults of the event bus: made in the network of the broker's container, so that the broker itself keeps running.

Its health check and its own connections use the container's loopback, which no fault touches.
"""

from __future__ import annotations

import time

from tests.support.containers.engine import Engine
from tests.support.containers.helpers import Helpers

PORTS = (9092, 29092)
"""The listeners for the network and for the host."""
DELAYED = 10_000
"""A listener's delaying relay listens that many ports above it."""
RELAY_READY_SECONDS = 10.0

_RESET_ALL = "ss -K state established '( " + " or ".join(f"sport = :{port}" for port in PORTS) + " )' >/dev/null"
_EMPTY = "iptables -F INPUT && iptables -t nat -F PREROUTING"


class Broker:
    """The broker's container and what has been done to its network."""

    def __init__(self, engine: Engine, helpers: Helpers, container: str) -> None:
        self._engine = engine
        self._helpers = helpers
        self._container = container
        self._relay: str | None = None

    def down(self) -> None:
        """Whoever is connected is cut off, whoever knocks is refused."""
        refuse = [
            f"iptables -A INPUT ! -i lo -p tcp --dport {port} -j REJECT --reject-with tcp-reset" for port in PORTS
        ]
        self._in_network(" && ".join([_EMPTY, *refuse, _RESET_ALL]))

    def up(self) -> None:
        """All faults end; who was delayed is cut off once."""
        if self._relay is None:
            self._in_network(_EMPTY)
            return
        self._in_network(f"{_EMPTY} && {_RESET_ALL}")
        self._helpers.remove(self._relay)
        self._relay = None

    def drop(self) -> None:
        """Whoever is connected is cut off; everybody may come back at once."""
        self._in_network(_RESET_ALL)

    def delay(self, milliseconds: int) -> None:
        """New connections lead through a relay that holds every answer back; present ones are cut off."""
        self.up()
        if milliseconds <= 0:
            return
        pairs = [f"{port + DELAYED}:{port}" for port in PORTS]
        script = ["python", "tests/support/containers/delay_relay.py", str(milliseconds), *pairs]
        self._relay = self._helpers.start(script, NetworkMode=f"container:{self._container}")
        deadline = time.monotonic() + RELAY_READY_SECONDS
        while "ready" not in self._engine.logs(self._relay, 5):
            assert time.monotonic() < deadline, f"the relay: {self._engine.logs(self._relay, 20)}"
            time.sleep(0.05)
        lead = [
            f"iptables -t nat -A PREROUTING ! -i lo -p tcp --dport {port} -j REDIRECT --to-port {port + DELAYED}"
            for port in PORTS
        ]
        self._in_network(" && ".join([*lead, _RESET_ALL]))

    def _in_network(self, script: str) -> None:
        self._helpers.run(["sh", "-c", script], NetworkMode=f"container:{self._container}", CapAdd=["NET_ADMIN"])
