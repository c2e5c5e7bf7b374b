"""How long a statement waits for a server that says nothing.

A server that is stopped, or behind a network that drops what it gets, keeps its connections and answers nothing. The
driver would wait for it without end, and no time limit for statements tells it from a server that works: one may take
ten seconds for a lock. So who has waited for a moment asks the server, on a connection of its own, whether it is still
there. It is asked for encryption (PostgreSQL, "Message Formats", SSLRequest), which any server that runs answers with a
byte, without authentication and at its limit of connections, too. While it answers, waiting goes on, for a request
until its time is over.
"""

from __future__ import annotations

import math
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

from shared.kernel.context import current_or_none

ASK_AFTER_SECONDS = 2.0
"""So long nobody wonders: nearly every statement takes milliseconds."""
ASK_AGAIN_SECONDS = 0.25
"""The same where the server was silent when it was last asked."""
ANSWER_SECONDS = 3.0
"""So long the answer may take on a busy machine."""
LAST_ANSWER_SECONDS = 1.0
"""The same where the server was silent when it was last asked."""
FRESH_SECONDS = 1.0
"""For so long an answer is everybody's."""
LEFT_SECONDS = 0.5
"""What a request keeps of its time to tell that the database was too slow."""
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_EVENTS = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}

Address = tuple[str, int]


class DatabaseSilent(psycopg2.OperationalError):
    """The server didn't answer in time; what it has done of the statement isn't known. The connection is closed."""


class Presence:
    """Whether the servers answer: asked by one thread at a time, for all of them."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: dict[Address, tuple[float, bool]] = {}

    @property
    def doubtful(self) -> bool:
        """Whether a server gave no answer when it was last asked."""
        return not all(answered for _, answered in self._asked.values())

    def answers(self, address: Address) -> bool:
        """Whether the server answers now, or did less than a second ago. Waits three seconds at most for the answer,
        and as long for others who ask."""
        with self._lock:
            at, answered = self._asked.get(address, (-math.inf, True))
            if self._monotonic() - at >= FRESH_SECONDS:
                answered = answers(address, ANSWER_SECONDS if answered else LAST_ANSWER_SECONDS)
                self._asked[address] = self._monotonic(), answered
            return answered


def answers(address: Address, seconds: float) -> bool:
    """Whether a PostgreSQL server at the address says anything within so many seconds. A refused connection is an
    answer, too: the statement's own connection will tell."""
    deadline = time.monotonic() + seconds
    try:
        with closing(socket.create_connection(address, seconds)) as asking:
            asking.settimeout(max(deadline - time.monotonic(), 0.01))
            asking.sendall(SSL_REQUEST)
            asking.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


presence = Presence()


def wait(connection: Any) -> None:
    """The driver's wait for the server, on which every statement, commit and log-in of the process waits.

    Raises DatabaseSilent when the server is silent, and when a request's time is over before the server has answered.
    """
    began = time.monotonic()
    look_at = began + (ASK_AGAIN_SECONDS if presence.doubtful else ASK_AFTER_SECONDS)
    while (state := connection.poll()) != POLL_OK:
        while not _ready(connection.fileno(), _EVENTS[state], look_at - time.monotonic()):
            if not presence.answers((connection.info.host, connection.info.port)):
                raise DatabaseSilent(f"the database has said nothing for {time.monotonic() - began:.1f} s")
            if _time_is_over():
                raise DatabaseSilent("the database took longer than the request may")
            look_at = time.monotonic() + FRESH_SECONDS


def _ready(descriptor: int, event: int, seconds: float) -> bool:
    """Whether there is something to read, or room to write, within so many seconds."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(max(seconds, 0.0) * 1000))


def _time_is_over() -> bool:
    context = current_or_none()
    return context is not None and context.deadline is not None and context.deadline.remaining() < LEFT_SECONDS
