"""A small HTTP/1.1 server: whole requests in, whole responses out, connections kept alive.

A request whose client goes away is cancelled, so that no blocking query waits for nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl, unquote

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_LARGEST_BODY = 8 << 20


@dataclass
class Request:
    """One request. `path` is decoded; header names are lower-case; a query word without value is ""."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def asks(self, word: str) -> bool:
        """Whether a query word such as ?recurse is there."""
        return word in self.query


@dataclass
class Response:
    """One response."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def answer_json(value: object, status: int = 200) -> Response:
    """A JSON body."""
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def answer_text(text: str, status: int = 200) -> Response:
    """A plain text body."""
    return Response(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


_TLS_HANDSHAKE = b"\x16\x03"
"""What a client that insists on TLS sends first. It must be refused, or it would wait for an answer in its language."""

Handler = Callable[[Request], Awaitable[Response]]


class HttpConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._proceed()

    def _proceed(self) -> None:
        """Begin on the next whole request, if none is being answered."""
        if self._task is not None or self._transport is None:
            return
        try:
            request = self._take()
        except ValueError as error:
            self._transport.write(_encoded(answer_text(str(error), 400), close=True))
            self._transport.close()
            return
        if request is not None:
            self._task = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        try:
            response = await self._handler(request)
        except Exception:
            if self._transport is not None:
                self._transport.write(_encoded(answer_text("Internal Server Error", 500), close=True))
                self._transport.close()
            raise
        self._task = None
        if self._transport is None:
            return
        close = request.headers.get("connection", "").lower() == "close"
        self._transport.write(_encoded(response, close))
        if close:
            self._transport.close()
        else:
            self._proceed()

    def _take(self) -> Request | None:
        if self._buffer.startswith(_TLS_HANDSHAKE):
            raise ValueError("Client sent an HTTPS request to an HTTP server.")
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        lines = self._buffer[:head_end].decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3:
            raise ValueError("malformed request line")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if words[2] == "HTTP/1.0":
            headers.setdefault("connection", "close")
        if "transfer-encoding" in headers:
            raise ValueError("chunked requests are not supported: send Content-Length")
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _LARGEST_BODY:
            raise ValueError("request body too large")
        end = head_end + 4 + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[head_end + 4 : end])
        del self._buffer[:end]
        path, _, query = words[1].partition("?")
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        return Request(words[0], unquote(path), pairs, headers, body)


def _encoded(response: Response, close: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Error')}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
        f"Content-Length: {len(response.body)}",
        *(["Connection: close"] if close else []),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body
