"""Load on an HTTP server over connections that are kept open: next to nothing of the machine goes to the client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httptools

STUCK_SECONDS = 30.0


@dataclass(frozen=True)
class Sent:
    """One request: its bytes are what goes over the wire."""

    data: bytes

    @classmethod
    def of(cls, url: str, method: str, path: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Sent:
        """A request with a `Host` and, where there is a body, a `Content-Length`."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return cls("\r\n".join([*lines, "", ""]).encode() + body)


@dataclass(frozen=True)
class Round:
    """How many requests were answered in how many seconds."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class UnexpectedAnswer(Exception):
    """A server answered with another status than the one that is measured."""


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is complete, for as long as it is told to."""

    def __init__(self, make: Callable[[], Sent], status: int, until: float, done: asyncio.Future[None]) -> None:
        self._make = make
        self._status = status
        self._until = until
        self.done = done
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status != self._status:
            self._fail(UnexpectedAnswer(f"{status} instead of {self._status}: {self._body[:500]!r}"))
            return
        self.answered += 1
        if time.monotonic() < self._until:
            asyncio.get_running_loop().call_soon(self._next)
        elif not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or ConnectionError("the server closed the connection"))

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def _next(self) -> None:
        assert self._transport is not None
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._transport.write(self._make().data)


def load(url: str, makers: Sequence[Callable[[], Sent]], seconds: float, status: int = 200) -> Round:
    """Keep as many connections busy as there are makers of requests, for `seconds`.

    Raises UnexpectedAnswer for an answer of any other status, ConnectionError when the server hangs up, TimeoutError
    when it doesn't answer.
    """
    return asyncio.run(_load(url, makers, seconds, status))


def _as_it_is(connection: _Connection) -> _Connection:
    return connection


async def _load(url: str, makers: Sequence[Callable[[], Sent]], seconds: float, status: int) -> Round:
    where = urlsplit(url)
    host, port = where.hostname or "127.0.0.1", where.port or 80
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    connections = [_Connection(make, status, began + seconds, loop.create_future()) for make in makers]
    transports = [(await loop.create_connection(partial(_as_it_is, made), host, port))[0] for made in connections]
    try:
        await asyncio.wait_for(asyncio.gather(*(made.done for made in connections)), seconds + STUCK_SECONDS)
    finally:
        for transport in transports:
            transport.abort()
    return Round(sum(made.answered for made in connections), time.monotonic() - began)
