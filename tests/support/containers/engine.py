"""A small client of the container engine's HTTP API (version 1.41 and later), over its local socket."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

API = "/v1.41"
TIMEOUT_SECONDS = 60.0
"""A container that ignores its stop signal is killed after ten seconds; nothing asked for here takes longer."""
PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"


class EngineRefused(AssertionError):
    """The engine said no; the message is its own."""


@dataclass(frozen=True)
class Ran:
    """What a command in a container answered."""

    status: int
    output: str


class Engine:
    """Containers by id. Every method raises EngineRefused with the engine's words when it says no."""

    def __init__(self, socket: Path) -> None:
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url=f"http://engine{API}", timeout=TIMEOUT_SECONDS
        )

    @classmethod
    def here(cls) -> Engine | None:
        """The engine of this machine (or whose socket is mounted into this container); None when there is none."""
        named = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
        socket = Path(named.path)
        return cls(socket) if named.scheme == "unix" and socket.is_socket() and os.access(socket, os.W_OK) else None

    # ------------------------------------------------------------------ looking

    def containers_of(self, project: str) -> dict[str, dict[str, Any]]:
        """The summary of each container of a compose project, by its service's name; the newest of several."""
        filters = json.dumps({"label": [f"{PROJECT_LABEL}={project}"]})
        found = self._json("GET", "/containers/json", params={"all": "true", "filters": filters})
        return {entry["Labels"][SERVICE_LABEL]: entry for entry in reversed(found)}

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine knows of a container."""
        answer: dict[str, Any] = self._json("GET", f"/containers/{container}/json")
        return answer

    def gateway(self) -> str:
        """This machine's address in the engine's default network."""
        return str(self._json("GET", "/networks/bridge")["IPAM"]["Config"][0]["Gateway"])

    def logs(self, container: str, lines: int) -> list[str]:
        """The last lines that it wrote on standard output and standard error."""
        wanted = {"stdout": "true", "stderr": "true", "tail": str(lines)}
        return _frames(self._send("GET", f"/containers/{container}/logs", params=wanted).content).splitlines()

    # ------------------------------------------------------------------ acting

    def act(self, container: str, verb: str, **params: str) -> None:
        """start, stop, kill, pause or unpause. Doing what is done already is no error."""
        self._send("POST", f"/containers/{container}/{verb}", params=params)

    def wait_ended(self, container: str) -> int:
        """Returns when it runs no more: its exit status."""
        return int(
            self._json("POST", f"/containers/{container}/wait", params={"condition": "not-running"})["StatusCode"]
        )

    def execute(self, container: str, command: Sequence[str]) -> Ran:
        """Run a command in a running container and wait for its end."""
        order = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(command)}
        made = self._json("POST", f"/containers/{container}/exec", json=order)["Id"]
        output = _frames(self._send("POST", f"/exec/{made}/start", json={"Detach": False, "Tty": False}).content)
        return Ran(int(self._json("GET", f"/exec/{made}/json")["ExitCode"]), output)

    def create(self, body: dict[str, Any], name: str | None = None) -> str:
        """Make a container; its id."""
        named = {"name": name} if name else {}
        return str(self._json("POST", "/containers/create", json=body, params=named)["Id"])

    def remove(self, container: str) -> None:
        """Kill and remove it."""
        self._send("DELETE", f"/containers/{container}", params={"force": "true", "v": "true"})

    def _json(self, method: str, path: str, **kwargs: Any) -> Any:
        return self._send(method, path, **kwargs).json()

    def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        answer = self._client.request(method, path, **kwargs)
        # 304: it is in that state already.
        if not answer.is_success and answer.status_code != httpx.codes.NOT_MODIFIED:
            raise EngineRefused(f"{method} {path}: {answer.status_code} {answer.text.strip()}")
        return answer


def _frames(content: bytes) -> str:
    """The text of a stream in which every piece comes after eight bytes: the stream's number and the length."""
    text, place = b"", 0
    while place + 8 <= len(content):
        (length,) = struct.unpack(">I", content[place + 4 : place + 8])
        text += content[place + 8 : place + 8 + length]
        place += 8 + length
    return text.decode("utf-8", "replace")
