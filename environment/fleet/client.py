"""Starts fleets and talks to running ones."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import environment
from environment.fleet.daemon import Order
from environment.fleet.errors import FleetError, NoFleet
from environment.fleet.project import FleetPaths


def start_daemon(order: Order) -> None:
    """Start a supervisor in the background; returns when it listens. Raises FleetError with its reason if it can't."""
    code_root = Path(environment.__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "environment.fleet.daemon", order.to_json()],
        env={**os.environ, "PYTHONPATH": str(code_root)},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    if not line:
        trouble = process.stderr.read().decode("utf-8", "replace").strip()
        raise FleetError(f"the supervisor died at its start:\n{trouble}")
    answer = json.loads(line)
    if "error" in answer:
        process.wait()
        raise FleetError(answer["error"], answer["hint"])
    process.stdout.close()
    process.stderr.close()
    process.returncode = 0


class FleetClient:
    """A connection to the control socket of a running fleet."""

    def __init__(self, paths: FleetPaths) -> None:
        """Raises NoFleet when none runs."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect("\0" + paths.control.removeprefix("@"))
        except OSError:
            self._socket.close()
            raise NoFleet(
                f"no fleet named {paths.name!r} runs in {paths.project}", "Start it with `omnicloud up`."
            ) from None
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def request(self, op: str, **arguments: Any) -> dict[str, Any]:
        """One request; its answer. Raises FleetError when it is refused or the fleet goes away."""
        self._send({"op": op, **arguments})
        line = self._lines.readline()
        if not line:
            raise FleetError("the fleet ended while it was asked", "See whether `omnicloud status` shows it.")
        answer: dict[str, Any] = json.loads(line)
        if not answer.get("ok", True):
            raise FleetError(answer["error"], answer.get("hint", ""))
        return answer

    def events(self) -> Iterator[dict[str, Any]]:
        """The fleet's events from now on, until it ends; the present states come first."""
        self._send({"op": "watch"})
        for line in self._lines:
            yield json.loads(line)

    def supervisor_pid(self) -> int:
        """The process at the other end."""
        option = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        pid: int = struct.unpack("3i", option)[0]
        return pid

    def wait_for_end(self) -> None:
        """Returns when the fleet's supervisor is gone."""
        while self._lines.readline():
            pass

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise FleetError("the fleet ended while it was asked", "Start it with `omnicloud up`.") from None
