"""A kept database connection is looked at before it is used."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from shared.infra.db.liveness import has_ended


class Connection:
    """What psycopg2's connection has."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.closed = 0

    def fileno(self) -> int:
        return self._end.fileno()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    server, client = socket.socketpair()
    yield server, client
    server.close()
    client.close()


def test_an_idle_connection_is_there(ends: tuple[socket.socket, socket.socket]) -> None:
    assert not has_ended(Connection(ends[1]))


def test_one_that_the_server_closed_is_not(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].close()
    assert has_ended(Connection(ends[1]))


def test_one_to_which_the_server_says_farewell_is_not(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].send(b"FATAL: terminating connection due to administrator command")
    assert has_ended(Connection(ends[1]))


def test_one_that_we_closed_is_not(ends: tuple[socket.socket, socket.socket]) -> None:
    connection = Connection(ends[1])
    connection.closed = 1
    assert has_ended(connection)
