"""uvicorn's server without its clock: it waits for its end instead of looking ten times a second whether it has come.

The ticks of the original also renew the Date header; here that happens when a response needs it.
"""

from __future__ import annotations

import asyncio
import json
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


class HttpInTime(HttpToolsProtocol):
    """HTTP of clients that say what they want: a connection whose request doesn't come is closed."""

    head_seconds = HEAD_SECONDS
    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its request has to follow."""
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        """The first byte of a request; of a kept connection's next one as well."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is here. What the body may take is for who reads it."""
        self._forget_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._forget_head()
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

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


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
