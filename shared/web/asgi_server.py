"""uvicorn's server without its clock: it waits for its end instead of looking ten times a second whether it has come.

The ticks of the original also renew the Date header; here that happens when a response needs it.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import struct
import termios
import time
from email.utils import formatdate
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from shared.kernel.context import CORRELATION_HEADER
from shared.utils.ids import new_id
from shared.web import problems

HEAD_SECONDS = 10.0
"""So long a request's head may take to arrive. It is a few hundred bytes: who needs longer holds a connection for its
own sake."""


REST_SECONDS = 30.0
"""So long the rest of a body is still taken in whose request has its answer, and thrown away: a client that sends first
and reads afterwards learns why it was refused (as nginx, whose `lingering_time` it is)."""
TAKING_SECONDS = 60.0
"""How long a client may take little of its answer."""
TAKING_BYTES = 2**15
"""So many bytes have to go in that time, or else one byte a minute would hold a connection."""


class HttpInTime(HttpToolsProtocol):
    """HTTP of clients that say what they want, and take what they get: a connection whose request doesn't come, whose
    body goes on for long after its answer, or whose answer isn't taken, is closed."""

    head_seconds = HEAD_SECONDS
    rest_seconds = REST_SECONDS
    taking_seconds = TAKING_SECONDS
    taking_bytes = TAKING_BYTES
    _head_due: asyncio.TimerHandle | None = None
    _rest_due: asyncio.TimerHandle | None = None
    _taking_due: asyncio.TimerHandle | None = None
    _untaken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its request has to follow."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Something came. Where it was no part of a request the connection is as idle as before."""
        super().data_received(data)
        answered = self.cycle is not None and self.cycle.response_complete and not self.pipeline
        waits = self._head_due or self._rest_due or self.timeout_keep_alive_task
        if answered and waits is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_message_begin(self) -> None:
        """The first byte of a request; of a kept connection's next one as well."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is here. What the body may take is for who reads it."""
        self._forget_head()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is here."""
        super().on_message_complete()
        self._forget_rest()

    def on_response_complete(self) -> None:
        """The answer is written; the rest of a body that nobody waited for may follow."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_taking()
        elif self.cycle.response_complete and self.cycle.more_body:
            self._rest_due = self._rest_due or self.loop.call_later(self.rest_seconds, self._close)

    def pause_writing(self) -> None:
        """More is to be sent than fits on the way to the client."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """The client has taken enough."""
        super().resume_writing()
        self._forget_taking()

    def timeout_keep_alive_handler(self) -> None:
        """No other request came."""
        self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._forget_head()
        self._forget_rest()
        self._forget_taking()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the form of every refusal (RFC 9457); it never becomes a request."""
        problem = {**problems.http_problem(400, msg, ""), "correlation_id": (correlation := new_id("c"))}
        content = json.dumps(problem).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"content-length", str(len(content)).encode()),
            (CORRELATION_HEADER.lower().encode(), correlation.encode()),
            (b"connection", b"close"),
        ]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + content)
        self.transport.close()

    def _await_head(self) -> None:
        if self._head_due is None:
            self._head_due = self.loop.call_later(self.head_seconds, self._close)

    def _forget_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _forget_rest(self) -> None:
        if self._rest_due is not None:
            self._rest_due.cancel()
            self._rest_due = None

    def _await_taking(self) -> None:
        """Whether the client takes anything is looked at after a while; nothing is written meanwhile."""
        if self._taking_due is None and self.transport.get_write_buffer_size():
            self._untaken = self._unacknowledged()
            self._taking_due = self.loop.call_later(self.taking_seconds, self._look_what_was_taken)

    def _forget_taking(self) -> None:
        if self._taking_due is not None:
            self._taking_due.cancel()
            self._taking_due = None

    def _look_what_was_taken(self) -> None:
        """A slow client takes something, though not so much that more could be written: it has time."""
        self._taking_due = None
        if self._untaken - self._unacknowledged() >= self.taking_bytes:
            self._await_taking()
        else:
            self.transport.abort()

    def _unacknowledged(self) -> int:
        """Bytes that the client's machine hasn't taken: those that wait here, and megabytes in the kernel."""
        waiting: int = self.transport.get_write_buffer_size()
        connection = self.transport.get_extra_info("socket")
        if connection is None:
            return waiting
        (queued,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))
        return waiting + int(queued)

    def _close(self) -> None:
        """Hang up, once what was written is taken."""
        if not self.transport.is_closing():
            self.transport.close()
        self._await_taking()


class DatedState(ServerState):
    """What the server's connections share. The headers of every response carry the present second."""

    def __init__(self) -> None:
        self._second = 0
        self._headers: list[tuple[bytes, bytes]] = []
        super().__init__()

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The Date header (RFC 9110, §6.6.1)."""
        second = int(time.time())
        if second != self._second:
            self._headers = [(b"date", formatdate(second, usegmt=True).encode())]
            self._second = second
        return self._headers

    @default_headers.setter
    def default_headers(self, _headers: list[tuple[bytes, bytes]]) -> None:
        """The server sets them once at its start; they are made here."""


class AsgiServer(uvicorn.Server):
    """A server that wakes for requests and signals only."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = DatedState()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Until a signal."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._ending.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came: in the main thread, between any two of its instructions."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)
