"""Work that waits for commits hears of each of them, and of nothing in between."""

import os
import queue
import select
import threading
import time
from typing import Any

import psycopg2
import pytest

from shared.events.commits import CommitListener
from shared.settings import ServiceSettings

SETTINGS = ServiceSettings(service_name="deploy")
PATIENCE = 5.0
QUIET = 0.2


class Table:
    """A listening connection: `commit` is heard of by whoever waits, now or later; `sever` breaks it."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self.severed = False

    def commit(self) -> None:
        os.write(self._write, b"\0")

    def sever(self) -> None:
        self.severed = True
        self.commit()

    def wait(self, seconds: float, wake: int) -> None:
        ready, _, _ = select.select([self._read, wake], [], [], seconds)
        if self._read in ready:
            os.read(self._read, 4096)
        if self.severed:
            raise psycopg2.OperationalError("server closed the connection unexpectedly")

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


class Database:
    """Gives out tables; refuses while it is down."""

    def __init__(self) -> None:
        self.tables: queue.Queue[Table] = queue.Queue()
        self.down = False

    def connect(self, _settings: ServiceSettings) -> Any:
        if self.down:
            raise psycopg2.OperationalError("connection refused")
        table = Table()
        self.tables.put(table)
        return table


@pytest.fixture
def database() -> Database:
    return Database()


def listen(database: Database, heard: Any) -> CommitListener:
    listener = CommitListener(SETTINGS, heard, database.connect)
    listener.start()
    return listener


def test_a_commit_is_heard_of_at_once_and_silence_is_not(database: Database) -> None:
    heard: queue.Queue[None] = queue.Queue()
    listener = listen(database, lambda: heard.put(None))
    heard.get(timeout=PATIENCE)  # the call at the beginning, for what was committed before
    with pytest.raises(queue.Empty):
        heard.get(timeout=QUIET)

    database.tables.get(timeout=PATIENCE).commit()
    heard.get(timeout=PATIENCE)
    listener.stop()


def test_a_commit_during_a_call_leads_to_another_one(database: Database) -> None:
    heard: queue.Queue[None] = queue.Queue()
    go_on = threading.Event()

    def work() -> None:
        heard.put(None)
        go_on.wait(PATIENCE)

    listener = listen(database, work)
    heard.get(timeout=PATIENCE)
    database.tables.get(timeout=PATIENCE).commit()
    go_on.set()
    heard.get(timeout=PATIENCE)
    listener.stop()


def test_what_was_committed_while_the_connection_was_lost_is_heard_of(database: Database) -> None:
    heard: queue.Queue[None] = queue.Queue()
    listener = listen(database, lambda: heard.put(None))
    heard.get(timeout=PATIENCE)
    database.down = True
    database.tables.get(timeout=PATIENCE).sever()
    with pytest.raises(queue.Empty):
        heard.get(timeout=QUIET)

    database.down = False
    heard.get(timeout=PATIENCE)
    listener.stop()


def test_it_ends_at_once_while_it_waits(database: Database) -> None:
    listener = listen(database, lambda: None)
    database.tables.get(timeout=PATIENCE)
    began = time.monotonic()
    listener.stop()
    assert time.monotonic() - began < 1.0
