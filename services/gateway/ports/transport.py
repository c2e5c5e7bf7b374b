"""HTTP to the services' instances, over connections that are kept."""

from __future__ import annotations

import asyncio
import errno
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
    hdrs,
)
from multidict import CIMultiDict
from yarl import URL

from services.gateway.domain.headers import Header
from shared.errors import BadRequest
from shared.web.spooling import SpooledBody

ROOM = 400
"""Connections to one instance at a time: more than a caller's share of requests under way, and fewer than the 500 that
a service takes, so that those who ask whether it is healthy, and other services, get some."""
ROOM_SECONDS = 1.0
"""How long a request waits for one of them."""
CONNECT_SECONDS = 2.0
"""How long a connection to an instance may take to come about. Within one network it takes milliseconds; where the
first packet is lost, or the instance's queue is full, it is sent again after one second (RFC 6298 §2)."""
OWN_LACK = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""Why no connection comes about where it is the gateway that lacks something: descriptors, memory or ports."""
IDLE_SECONDS = 4.0
"""Far below what a service keeps a connection for, so that it doesn't hang up while a request is on its way."""
MAX_HEADER_BYTES, MAX_HEADERS = 65_536, 1_000
CHUNK_BYTES = 65_536
SHORTEST_SECONDS = 0.001
"""The library takes a timeout of zero for none."""
NOT_OURS_TO_SET = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.USER_AGENT)
"""What the library would add; a proxy doesn't say what the client didn't."""


class NoAnswer(Exception):
    """No answer came, or it broke off: the instance may have carried the request out."""


class NotInTime(NoAnswer):
    """The time that the request was given is over."""


class NoRoom(NoAnswer):
    """The gateway has no connection to the instance left: nothing was sent, and nothing is said of it."""


class NotReached(NoAnswer):
    """No connection came about: the request was certainly not carried out."""


class NotHeard(NotReached):
    """The instance's host says nothing: no connection came about in time."""


class Answer:
    """An instance's answer: its head is here, its body may still be on its way. To be closed."""

    def __init__(self, response: ClientResponse, left: Callable[[], None]) -> None:
        """`left` is called once, when the answer has been read or given up."""
        self._response = response
        self._left: Callable[[], None] | None = left
        self.status: int = response.status
        self.headers: list[tuple[bytes, bytes]] = list(response.raw_headers)

    @property
    def complete(self) -> bool:
        """Whether the whole body is here, so that `read` won't wait."""
        return self._response.content.is_eof()

    async def read(self) -> bytes:
        """The whole body. Raises NoAnswer when it breaks off."""
        try:
            with _translated():
                return await self._response.read()
        finally:
            self._leave()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. Raises NoAnswer when it breaks off."""
        with _translated():
            async for chunk in self._response.content.iter_any():
                yield chunk

    def close(self) -> None:
        """Give the connection back, or up where the body wasn't read to its end. May be called twice."""
        self._response.close()
        self._leave()

    def _leave(self) -> None:
        left, self._left = self._left, None
        if left is not None:
            left()


class Transport:
    """Sends one request over one connection, once: whether to try again is for the caller to decide.

    aiohttp, because its parser is in C: a request takes a fifth of what httpx takes.
    """

    def __init__(self) -> None:
        self._sessions: dict[bool, ClientSession] = {}
        self._closing: list[asyncio.Task[None]] = []
        self._rooms: dict[str, asyncio.Semaphore] = {}

    async def send(
        self, method: str, url: str, headers: Sequence[Header], body: bytes | SpooledBody, timeout: float
    ) -> Answer:
        """The answer's head within `timeout` seconds, of which a connection has `CONNECT_SECONDS` to come about; nor
        does any part of its body take longer than that.

        Header values are Latin-1, as servers of ASGI hand them over; on the wire they are the same bytes again. Raises
        BadRequest for those that can't be sent on, NotReached, NoRoom or NoAnswer. The answer keeps its place among the
        instance's connections until it is read whole or closed.
        """
        pairs = CIMultiDict([(name, _on_the_wire(name, value)) for name, value in headers])
        patience = max(timeout, SHORTEST_SECONDS)
        data: bytes | AsyncIterator[bytes] | None = body if isinstance(body, bytes) else _payload(body)
        if not isinstance(data, bytes) and isinstance(body, SpooledBody):
            pairs[hdrs.CONTENT_LENGTH] = str(body.size)
        target = URL(url, encoded=True)
        leave = await self._enter(target.authority, min(ROOM_SECONDS, patience))
        try:
            with _translated():
                async with asyncio.timeout(patience):
                    response = await self._present(once=method == "HEAD").request(
                        method,
                        target,
                        headers=pairs,
                        data=data or None,
                        allow_redirects=False,
                        timeout=_timeout(patience),
                    )
        except BaseException:
            leave()
            raise
        return Answer(response, leave)

    async def _enter(self, instance: str, patience: float) -> Callable[[], None]:
        """Take one of the instance's connections; what is returned gives it back. Raises NoRoom."""
        room = self._rooms.setdefault(instance, asyncio.Semaphore(ROOM))
        try:
            async with asyncio.timeout(patience):
                await room.acquire()
        except TimeoutError as error:
            raise NoRoom("all connections to the instance are in use") from error
        return room.release

    def start(self) -> None:
        """Nothing is connected before the first request."""

    def stop(self) -> None:
        """Hang up; in the event loop, after the last request."""
        loop = asyncio.get_running_loop()
        self._closing = [loop.create_task(session.close()) for session in self._sessions.values()]

    def _present(self, *, once: bool) -> ClientSession:
        """The session; made by the first request, since it belongs to the running loop.

        `once`: one whose connections aren't kept. An instance that sends content after the answer to HEAD would answer
        the connection's next request with it, which may be somebody else's.
        """
        if once not in self._sessions:
            session = ClientSession(
                connector=TCPConnector(
                    limit=0,  # Counted here, by instance: the library's wait can't be told from the instance's silence.
                    force_close=once,
                    keepalive_timeout=None if once else IDLE_SECONDS,
                    use_dns_cache=False,  # An instance's address may be another after its restart.
                    timeout_ceil_threshold=math.inf,
                ),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=NOT_OURS_TO_SET,
                max_line_size=MAX_HEADER_BYTES,
                max_field_size=MAX_HEADER_BYTES,
                max_headers=MAX_HEADERS,
            )
            # By itself it would send an idempotent request again where a kept connection breaks: unseen by the
            # breaker, and one attempt more than there should be.
            session._retry_connection = False
            self._sessions[once] = session
        return self._sessions[once]


def _timeout(patience: float) -> ClientTimeout:
    return ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=patience, ceil_threshold=math.inf)


def _payload(body: SpooledBody) -> bytes | AsyncIterator[bytes]:
    """What is small as it is, what lies in a file in pieces."""
    return body.whole() if body.in_memory else body.chunks()


def _on_the_wire(name: str, value: str) -> str:
    """A header's value as the library wants it, which writes UTF-8. Raises BadRequest for what isn't that."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the header {name} is neither ASCII nor UTF-8") from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientConnectorError as error:
        raise (NoRoom if error.errno in OWN_LACK else NotReached)(str(error)) from error
    except ConnectionTimeoutError as error:
        raise NotHeard(str(error)) from error
    except TimeoutError as error:
        raise NotInTime(str(error) or type(error).__name__) from error
    except (ClientError, OSError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
