"""Machines of tenants for tests: small servers at an address that a tenant may name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from tests.support.fleet import FleetControl

SILENT = "silent"


@dataclass
class Machine:
    """A server that answers every request with `status`; SILENT accepts connections and says nothing."""

    address: str
    listener: socket.socket
    status: str = "200 OK"
    asked: list[str] = field(default_factory=list)
    kept: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        number: int = self.listener.getsockname()[1]
        return number

    def held(self) -> list[socket.socket]:
        """The connections that it was silent to and that haven't been closed at the other end."""
        return [connection for connection in self.kept if not _ended(connection)]

    def serve(self) -> None:
        """Answer until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            if self.status == SILENT:
                self.kept.append(connection)
                continue
            with closing(connection):
                connection.settimeout(5)
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        line = connection.recv(4096).decode("latin-1").partition("\r\n")[0]
        if line:
            self.asked.append(line)
            connection.sendall(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


def _ended(connection: socket.socket) -> bool:
    """Whether the other end has closed a connection; what it has sent is read and dropped."""
    try:
        while connection.recv(4096, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def closed_port(fleet: FleetControl) -> Iterator[tuple[str, int]]:
    """Address and port of a machine that refuses connections as long as the block runs."""
    with fleet.machine_address() as (address, here), closing(socket.socket()) as taken:
        taken.bind((here, 0))
        yield address, taken.getsockname()[1]


@contextmanager
def machine(fleet: FleetControl, status: str = "200 OK") -> Iterator[Machine]:
    """A machine that runs as long as the block."""
    with (
        fleet.machine_address() as (address, here),
        closing(socket.create_server((here, 0), backlog=64)) as listener,
    ):
        made = Machine(address, listener, status)
        threading.Thread(target=made.serve, daemon=True).start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in made.kept:
                connection.close()
