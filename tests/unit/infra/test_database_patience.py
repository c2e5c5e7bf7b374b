"""How long a statement waits for a server that says nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import POLL_OK, POLL_READ

from shared.infra.db import patience
from shared.infra.db.dsn import connect, connect_arguments, django_databases
from shared.infra.db.patience import SSL_REQUEST, DatabaseSilent, Presence
from shared.infra.db.refusals import refusal_of

LOOPBACK = "127.0.0.1"


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """The address of a server that takes connections and says nothing."""
    with closing(socket.create_server((LOOPBACK, 0), backlog=50)) as server:
        yield server.getsockname()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "ASK_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(patience, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(patience, "LAST_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(patience, "presence", Presence())


def url_of(address: tuple[str, int]) -> str:
    return f"postgresql://user:word@{address[0]}:{address[1]}/infra_db"


def test_who_connects_to_a_silent_server_learns_it_and_has_nothing_left_open(silent: tuple[str, int]) -> None:
    with pytest.raises(DatabaseSilent, match="has said nothing for") as raised:
        connect(url_of(silent), "dns")
    refusal = refusal_of(raised.value)
    assert refusal is not None
    assert (refusal.status, refusal.code, refusal.headers) == (503, "database_unavailable", {"Retry-After": "1"})


class Connection:
    """A connection whose server answers a statement after so many looks at it."""

    def __init__(self, address: tuple[str, int], looks: int) -> None:
        self._socket, self._other = socket.socketpair()
        self.info = SimpleNamespace(host=address[0], port=address[1])
        self.looks = looks

    def fileno(self) -> int:
        return self._socket.fileno()

    def poll(self) -> int:
        return POLL_OK if self._answered() else POLL_READ

    def _answered(self) -> bool:
        return self.looks <= 0

    def look(self) -> None:
        self.looks -= 1
        if self.looks == 0:
            self._other.send(b"!")

    def close(self) -> None:
        self._socket.close()
        self._other.close()


class Asked(Presence):
    """Notes how often it is asked, and lets the connection's server come nearer to its answer."""

    def __init__(self, connection: Connection, present: bool = True) -> None:
        super().__init__()
        self.connection, self.present, self.times = connection, present, 0

    def answers(self, address: tuple[str, int]) -> bool:
        assert address == (self.connection.info.host, self.connection.info.port)
        self.times += 1
        self.connection.look()
        return self.present


def test_a_statement_that_takes_long_is_waited_for_while_the_server_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FRESH_SECONDS", 0.01)
    with closing(Connection((LOOPBACK, 1), looks=20)) as connection:
        asked = Asked(connection)
        monkeypatch.setattr(patience, "presence", asked)
        patience.wait(connection)
        assert asked.times == 20


def test_a_server_that_has_gone_silent_in_a_statement_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Connection((LOOPBACK, 1), looks=20)) as connection:
        monkeypatch.setattr(patience, "presence", Asked(connection, present=False))
        with pytest.raises(DatabaseSilent, match="has said nothing"):
            patience.wait(connection)


def test_a_request_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FRESH_SECONDS", 0.01)
    with closing(Connection((LOOPBACK, 1), looks=20)) as connection:
        asked = Asked(connection)
        monkeypatch.setattr(patience, "_time_is_over", lambda: asked.times >= 3)
        monkeypatch.setattr(patience, "presence", asked)
        with pytest.raises(DatabaseSilent, match="longer than the request may"):
            patience.wait(connection)
        assert asked.times == 3


def test_a_statement_that_is_answered_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Connection((LOOPBACK, 1), looks=0)) as connection:
        asked = Asked(connection)
        monkeypatch.setattr(patience, "presence", asked)
        patience.wait(connection)
        assert asked.times == 0


def test_all_threads_share_one_answer_of_a_silent_server(
    silent: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    original = patience.answers

    def answers(address: tuple[str, int], seconds: float) -> bool:
        asked.append(address)
        return original(address, seconds)

    monkeypatch.setattr(patience, "answers", answers)
    presence = Presence(lambda: 100.0)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(presence.answers(silent))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, asked, presence.doubtful) == ([False] * 10, [silent], True)


@pytest.mark.parametrize("says", [b"N", b"S"])
def test_a_server_that_says_anything_is_there(says: bytes) -> None:
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        heard: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with closing(connection):
                heard.append(connection.recv(100))
                connection.send(says)

        thread = threading.Thread(target=serve)
        thread.start()
        assert patience.answers(server.getsockname(), 10.0)
        thread.join()
    assert heard == [SSL_REQUEST]


def test_a_server_that_refuses_is_no_silent_one() -> None:
    with closing(socket.socket()) as unused:
        unused.bind((LOOPBACK, 0))
        assert patience.answers(unused.getsockname(), 10.0)
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        connect(url_of(unused_address()), "dns")


def unused_address() -> tuple[str, int]:
    """A port that was free a moment ago."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        address: tuple[str, int] = server.getsockname()
        return address


def test_both_frameworks_have_the_kernel_and_the_server_give_up_peers_that_are_lost() -> None:
    address = "postgresql://user:word@infra-db:5432/infra_db"
    direct: dict[str, Any] = connect_arguments(address, "dns")
    django: dict[str, Any] = django_databases(address, "dns")["default"]["OPTIONS"]
    for arguments in (direct, django):
        assert arguments["tcp_user_timeout"] == 10_000
        assert (arguments["keepalives_idle"], arguments["keepalives_interval"], arguments["keepalives_count"]) == (
            4, 2, 3,
        )  # fmt: skip
        for option in (
            "search_path=dns",
            "lock_timeout=10000",
            "client_connection_check_interval=1000",
            "idle_in_transaction_session_timeout=300000",
            "tcp_user_timeout=10000",
        ):
            assert f"-c {option}" in arguments["options"]
