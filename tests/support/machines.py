"""Machines of tenants for tests: small servers at an address of this machine that isn't its loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

SILENT = "silent"


def own_address() -> str:
    """An address of this machine that others reach it by. Skips the test on a machine that has none but loopback."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("203.0.113.99", 9))  # nothing is sent
            address: str = probe.getsockname()[0]
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        pytest.skip("this machine has no address but its loopback, where no backend of a tenant may be")
    return address


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


@contextmanager
def closed_port() -> Iterator[tuple[str, int]]:
    """Address and port of a machine that refuses connections as long as the block runs."""
    address = own_address()
    with closing(socket.socket()) as taken:
        taken.bind((address, 0))
        yield taken.getsockname()


@contextmanager
def machine(status: str = "200 OK") -> Iterator[Machine]:
    """A machine that runs as long as the block."""
    address = own_address()
    with closing(socket.create_server((address, 0), backlog=64)) as listener:
        made = Machine(address, listener, status)
        threading.Thread(target=made.serve, daemon=True).start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in made.kept:
                connection.close()
