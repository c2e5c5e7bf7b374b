"""Watches over WebSocket connections from outside of OpenEnv's server.

That server doesn't listen to a client while a step runs, and it lets a silent client keep its session for ever. So what
comes from the client is read here, at once: the end of a connection is known in the middle of a step, and who says
nothing for long is sent away.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

AHEAD = 4
"""Messages that a client may send before the first of them is answered; the protocol needs one."""
IDLE, TOO_MANY, FORBIDDEN = 4408, 1008, 1008
"""Codes that a connection is closed with; 4408 is HTTP's 408 among those that applications may use."""
END = {"type": "websocket.disconnect", "code": 1001, "reason": ""}

_current: ContextVar[Connection | None] = ContextVar("connection", default=None)


def current_connection() -> Connection | None:
    """The connection whose message is being answered; None for a plain HTTP request."""
    return _current.get()


class Connection:
    """One client. `gone` is set as soon as it is known that it doesn't listen any more."""

    def __init__(self, receive: Receive, send: Send, clock: Callable[[], float]) -> None:
        self._receive, self._send, self._clock = receive, send, clock
        self._waiting: asyncio.Queue[Message] = asyncio.Queue()
        self._answering = False
        self._since = clock()
        self._accepted = False
        self._farewell: asyncio.Task[None] | None = None
        self.gone = asyncio.Event()

    @property
    def idle_seconds(self) -> float:
        """How long nothing was asked and nothing is being answered."""
        return 0.0 if self._answering or not self._waiting.empty() else self._clock() - self._since

    async def receive(self) -> Message:
        """The next message for the server. To ask for it is to have answered the one before."""
        self._answering, self._since = False, self._clock()
        message = await self._waiting.get()
        self._answering = message["type"] == "websocket.receive"
        return message

    async def send(self, message: Message) -> None:
        """Send what the server says, as long as somebody listens."""
        if self.gone.is_set():
            return
        self._accepted = self._accepted or message["type"] == "websocket.accept"
        if message["type"] == "websocket.close":
            self.gone.set()
        await self._send(message)

    async def listen(self) -> None:
        """Take what comes from the client until it is gone."""
        try:
            while (message := await self._receive())["type"] != "websocket.disconnect":
                if self._waiting.qsize() >= AHEAD:
                    self.end(TOO_MANY, f"More than {AHEAD} messages wait for an answer.")
                    return
                self._waiting.put_nowait(message)
        finally:
            self.gone.set()
            self._waiting.put_nowait(END)

    def end(self, code: int, reason: str) -> None:
        """Send the client away: an error that says why, as OpenEnv's server sends it, and the end. It isn't waited for:
        a client may take its time to read."""
        if self.gone.is_set():
            return
        self.gone.set()
        self._waiting.put_nowait(END)  # The server closes the session.
        self._farewell = asyncio.ensure_future(self._say_farewell(code, reason))

    async def bid_farewell(self) -> None:
        """Wait until a client that is sent away has been told so, or can't be told any more."""
        if self._farewell is not None:
            await self._farewell

    async def _say_farewell(self, code: int, reason: str) -> None:
        with suppress(OSError, RuntimeError):
            if self._accepted:
                error = {"type": "error", "data": {"message": reason, "code": "SESSION_ERROR"}}
                await self._send({"type": "websocket.send", "text": json.dumps(error)})
            await self._send({"type": "websocket.close", "code": code, "reason": reason})


class Connections:
    """An ASGI application around another one, whose connections it watches."""

    def __init__(self, app: App, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._idle_seconds, self._clock = app, idle_seconds, clock
        self._open: set[Connection] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        if any(name == b"origin" for name, _ in scope["headers"]):
            # Only browsers say where a page comes from, and any page may open a connection to this machine.
            await send({"type": "websocket.close", "code": FORBIDDEN, "reason": "Browsers are not served."})
            return
        connection = Connection(receive, send, self._clock)
        listening = asyncio.ensure_future(connection.listen())
        with self._watched(connection):
            try:
                await self._app(scope, connection.receive, connection.send)
            finally:
                listening.cancel()
                await connection.bid_farewell()

    def reap(self) -> None:
        """Send away who has said nothing for too long."""
        for connection in list(self._open):
            if connection.idle_seconds > self._idle_seconds:
                minutes = self._idle_seconds / 60
                connection.end(IDLE, f"The session was idle for more than {minutes:g} minutes and has ended.")

    @contextmanager
    def _watched(self, connection: Connection) -> Iterator[None]:
        self._open.add(connection)
        token = _current.set(connection)
        try:
            yield
        finally:
            _current.reset(token)
            self._open.discard(connection)
