"""A fleet's own block of loopback ports, and where each container port lies in it.

A block is held by an abstract Unix socket: the kernel frees the name with its last holder, so a crash leaves no lock.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from environment.fleet.errors import NoFreePorts, PortInUse

LOOPBACK = "127.0.0.1"
FIRST_PORT = 16000
LAST_PORT = 32767
"""Below the kernel's ephemeral range (from 32768), whose ports any outgoing connection may take."""
BLOCK_SIZE = 120
"""Fifteen services, ten servers and the servers' further listeners, with room for a growing compose file."""


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now, on loopback and on all interfaces."""
    for host in (LOOPBACK, "0.0.0.0"):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def owner_of(port: int) -> str:
    """The process that listens on a port, as `name (pid N)`; empty when it cannot be told."""
    import psutil

    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    return ""
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return ""
    return ""


@dataclass
class Block:
    """Ports `first` to `first + BLOCK_SIZE - 1`, held until `release`."""

    first: int
    _lock: socket.socket
    _labels: dict[str, int] = field(default_factory=dict)
    _taking: threading.Lock = field(default_factory=threading.Lock)
    """Servers are prepared in threads of their own."""

    @classmethod
    def reserve(cls, first: int | None = None) -> Block:
        """A block of the caller's choice, or the first free one. Raises NoFreePorts."""
        candidates = [first] if first is not None else range(FIRST_PORT, LAST_PORT - BLOCK_SIZE, BLOCK_SIZE)
        for candidate in candidates:
            lock = _hold(candidate)
            if lock is not None:
                return cls(candidate, lock)
        if first is not None:
            raise NoFreePorts(f"another fleet holds the ports from {first}", "Choose others or use `--ports auto`.")
        raise NoFreePorts(f"all port blocks from {FIRST_PORT} to {LAST_PORT} are taken", "Stop a fleet first.")

    def take(self, label: str) -> int:
        """The port of a label: the next free one of the block at first, the same ever after. Raises NoFreePorts."""
        with self._taking:
            if label not in self._labels:
                self._labels[label] = self._next()
            return self._labels[label]

    def _next(self) -> int:
        start = max(self._labels.values(), default=self.first - 1) + 1
        for port in range(start, self.first + BLOCK_SIZE):
            if is_free(port):
                return port
        raise NoFreePorts(
            f"the {BLOCK_SIZE} ports from {self.first} do not suffice", "Stop other programs or choose others."
        )

    def release(self) -> None:
        """Let other fleets have the block."""
        self._lock.close()


def _hold(first: int) -> socket.socket | None:
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        lock.bind(f"\0omnicloud/ports/{first}")
    except OSError:
        lock.close()
        return None
    return lock


@dataclass(frozen=True)
class Endpoint:
    """A container port that needs a place on loopback. Endpoints of one `shared` label get the same port."""

    service: str
    container_port: int
    published: int | None = None
    shared: str | None = None


def assign(endpoints: Iterable[Endpoint], block: Block, published: bool) -> dict[tuple[str, int], int]:
    """Loopback port of each endpoint: its published port when `published` is asked for and there is one, else one of
    the block. Raises PortInUse for a published port that is taken."""
    ports: dict[tuple[str, int], int] = {}
    by_label: dict[str, int] = {}
    for endpoint in endpoints:
        label = endpoint.shared or f"{endpoint.service}:{endpoint.container_port}"
        if label not in by_label:
            if published and endpoint.published is not None:
                _require_free(endpoint.published, endpoint.service)
                by_label[label] = endpoint.published
            else:
                by_label[label] = block.take(label)
        ports[endpoint.service, endpoint.container_port] = by_label[label]
    return ports


def _require_free(port: int, service: str) -> None:
    if is_free(port):
        return
    owner = owner_of(port)
    by = f" by {owner}" if owner else ""
    raise PortInUse(
        f"port {port}, which {service} publishes, is in use{by}",
        "Stop that program, or start the fleet with `--ports auto` on ports of its own.",
    )


def table(ports: Mapping[tuple[str, int], int]) -> dict[str, int]:
    """The same as `name:port` -> loopback port, for the state file."""
    return {f"{service}:{container_port}": port for (service, container_port), port in ports.items()}
