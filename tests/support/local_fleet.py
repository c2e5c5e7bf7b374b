"""The local fleet: processes of this machine, driven over the control socket of `omnicloud up`."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.clock import clock
from tests.support.fleet import FleetControl, Ran

REQUEST_TIMEOUT_SECONDS = 60.0


@dataclass
class LocalFleet(FleetControl):
    """Every drill is one request to the fleet's supervisor."""

    control: str = ""
    """Name of the control socket in the abstract namespace, as the fleet's state file tells it."""

    @property
    def can_be_asked(self) -> bool:
        return True

    def services(self) -> dict[str, dict[str, Any]]:
        return {service["name"]: service for service in self._request("services")["services"]}

    def logs(self, name: str, lines: int = 100) -> list[str]:
        return list(self._request("logs", service=name, lines=lines)["lines"])

    def clock_offset(self) -> float:
        return float(self._request("clock")["seconds"])

    def run(self, service: str, module: str, *arguments: str, files: Mapping[str, str] | None = None) -> Ran:
        asked = {"service": service, "module": module, "arguments": arguments, "files": dict(files or {})}
        ran = self._request("run", **asked)
        return Ran(ran["status"], ran["output"])

    def kill(self, name: str) -> None:
        self._disturb("kill", service=name)

    def stop(self, name: str) -> None:
        self._disturb("stop", service=name)

    def start(self, name: str) -> None:
        self._disturb("start", service=name)

    def restart(self, name: str) -> None:
        self._disturb("restart", service=name)

    def pause(self, name: str) -> None:
        self._disturb("pause", service=name)

    def resume(self, name: str) -> None:
        self._disturb("resume", service=name)

    def wait_healthy(self, name: str, timeout: float = 30.0) -> None:
        self._request("wait_healthy", service=name, timeout=timeout)

    def kafka_down(self) -> None:
        self._disturb("kafka", command="down")

    def kafka_up(self) -> None:
        self._disturb("kafka", command="up")

    def kafka_drop(self) -> None:
        self._disturb("kafka", command="drop")

    def kafka_delay(self, milliseconds: int) -> None:
        self._disturb("kafka", command=f"rtt {milliseconds}")

    def set_clock(self, ahead: float) -> None:
        self._request("clock", seconds=ahead)

    @contextmanager
    def machine_address(self) -> Iterator[tuple[str, str]]:
        """Any private address, translated to the host's loopback for the prober alone: every host has one."""
        address, reached = f"10.254.{secrets.randbelow(256)}.{secrets.randbelow(256)}", "127.0.0.1"
        self._request("translate", address=address, reached=reached)
        try:
            yield address, reached
        finally:
            self._request("translate", address=address, reached="")

    def _repair(self) -> None:
        self.set_clock(clock.ahead)
        self._request("kafka", command="up")
        self._request("kafka", command="rtt 0")
        self._request("repair")

    def _disturb(self, op: str, **arguments: Any) -> None:
        self._disturbed = True
        self._request(op, **arguments)

    def _request(self, op: str, **arguments: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(REQUEST_TIMEOUT_SECONDS)
            connection.connect("\0" + self.control.removeprefix("@"))
            connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            with connection.makefile("r", encoding="utf-8") as lines:
                line = lines.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"ok": False, "error": "the fleet ended"}
        assert answer["ok"], f"{op} {arguments}: {answer['error']} {answer.get('hint', '')}"
        return answer
