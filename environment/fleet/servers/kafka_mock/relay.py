"""The relay in front of the mock broker. It gives clients what the mock itself lacks:

- a fixed port, which goes away and comes back as a broker's does;
- CreateTopics, DeleteTopics and the broker's own `auto.create.topics.enable`;
- long polls: the mock answers a Fetch without records only after the whole of the client's `fetch.wait.max.ms`, even
  if records arrive meanwhile. Here a Fetch that asks for nothing but what the one before it asked for (same partitions,
  same offsets) after an empty answer, while nothing was appended since, is certain to bring nothing. So it waits in the
  relay until something is appended, and gets the same empty answer when its time is up. Any other Fetch passes at
  once. What goes on to the mock does so with a wait of zero.
"""

from __future__ import annotations

import asyncio
from typing import cast

from environment.fleet.servers.kafka_mock import protocol
from environment.fleet.servers.kafka_mock.topics import TopicCatalogue

_RELEASE_INTERVAL = 0.002
"""Seconds between two wake-ups of waiting consumers: in a burst they fetch batches instead of single records."""

_UNACKNOWLEDGED_DELAY = 0.005
"""Seconds until a Produce that asked for no answer is taken as appended."""

_APPENDING = frozenset({protocol.PRODUCE, protocol.END_TXN})


class Relay:
    """Listens on one loopback port and hands every connection to the mock broker."""

    def __init__(self, topics: TopicCatalogue, port: int, broker_port: int) -> None:
        self.topics = topics
        self.broker_port = broker_port
        self.appended = 0
        self.connections: set[ClientConnection] = set()
        self._port = port
        self._server: asyncio.Server | None = None
        self._release: asyncio.TimerHandle | None = None
        self._released_at = 0.0

    async def up(self) -> None:
        """Listen. Does nothing when it does so already."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: ClientConnection(self), "127.0.0.1", self._port)

    async def down(self) -> None:
        """Refuse connections and drop the open ones, as a broker that went away."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()

    def drop(self) -> None:
        """Reset every open connection; clients may come back at once."""
        for connection in list(self.connections):
            connection.abort()

    def note_append(self) -> None:
        """Something was appended: let the waiting consumers look, soon."""
        self.appended += 1
        if self._release is None:
            loop = asyncio.get_running_loop()
            when = max(loop.time(), self._released_at + _RELEASE_INTERVAL)
            self._release = loop.call_at(when, self._release_fetches)

    def _release_fetches(self) -> None:
        self._release = None
        self._released_at = asyncio.get_running_loop().time()
        for connection in list(self.connections):
            connection.release_fetch()


class ClientConnection(asyncio.Protocol):
    """One client and the connection to the broker that belongs to it."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._frames = protocol.Frames()
        self._client: asyncio.Transport | None = None
        self._broker: asyncio.Transport | None = None
        self._early: list[bytes] = []  # frames that came before the broker's connection stood
        self._version_requests: dict[int, int] = {}  # correlation id -> version of ApiVersions
        self._appends: set[int] = set()  # correlation ids of requests that append
        self._last_fetch: frozenset[object] = frozenset()
        self._last_fetch_appended = -1
        self._fetching = -1  # correlation id of the Fetch whose answer is awaited and can be read
        self._empty_answer = b""  # to the last Fetch; nothing when it brought something
        self._held: tuple[bytes, asyncio.TimerHandle] | None = None

    # From the client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._client = cast(asyncio.Transport, transport)
        self._relay.connections.add(self)
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            transport, _ = await self._loop.create_connection(
                lambda: _BrokerConnection(self), "127.0.0.1", self._relay.broker_port
            )
        except OSError:
            self.abort()
            return
        self._broker = transport
        if self._client is None:
            transport.abort()
            return
        if self._early:
            transport.writelines(self._early)
            self._early = []

    def data_received(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            self._handle(frame)

    def _handle(self, frame: bytes) -> None:
        request = protocol.read_request(frame)
        if request.api == protocol.FETCH:
            self._fetch(frame, request)
            return
        if request.api == protocol.CREATE_TOPICS:
            self._create_topics(frame, request)
            return
        if request.api == protocol.DELETE_TOPICS:
            results = self._relay.topics.delete(protocol.read_delete_topics(frame, request))
            self._to_client(protocol.delete_topics_response(request, results))
            self._relay.note_append()
            return
        if request.api == protocol.METADATA:
            frame, wanted = protocol.take_auto_creation(frame, request)
            if self._relay.topics.asked_for(wanted):
                self._relay.note_append()
        elif request.api == protocol.API_VERSIONS:
            self._version_requests[request.correlation] = request.version
        elif request.api == protocol.PRODUCE and not protocol.expects_answer(frame, request):
            self._loop.call_later(_UNACKNOWLEDGED_DELAY, self._relay.note_append)
        elif request.api in _APPENDING:
            self._appends.add(request.correlation)
        self._to_broker(frame)

    def _create_topics(self, frame: bytes, request: protocol.Request) -> None:
        topics, validate_only = protocol.read_create_topics(frame, request)
        results = self._relay.topics.create(topics, validate_only)
        self._to_client(protocol.create_topics_response(request, results))
        self._relay.note_append()

    def _fetch(self, frame: bytes, request: protocol.Request) -> None:
        fetch = protocol.read_fetch(frame, request)
        forwarded = protocol.without_wait(frame, fetch.wait_at)
        by_id = protocol.is_fetch_by_id(request)
        nothing_new = self._last_fetch_appended == self._relay.appended and fetch.positions <= self._last_fetch
        known = self._empty_answer if fetch.positions == self._last_fetch else b""
        if fetch.wait_ms > 0 and nothing_new and (known or not by_id):
            end = self._let_time_pass if known else self.release_fetch
            self._held = (forwarded, self._loop.call_later(fetch.wait_ms / 1000, end))
            return
        self._fetching = request.correlation if by_id else -1
        self._empty_answer = b""
        self._last_fetch = fetch.positions
        self._last_fetch_appended = self._relay.appended
        self._to_broker(forwarded)

    def _let_time_pass(self) -> None:
        """Give a waiting Fetch, whose time is up, the answer that the broker would give again."""
        if self._held is not None:
            frame, _ = self._held
            self._held = None
            self._to_client(protocol.with_correlation(self._empty_answer, protocol.read_request(frame).correlation))

    def release_fetch(self) -> None:
        """Let a waiting Fetch go on to the broker."""
        if self._held is not None:
            frame, timer = self._held
            timer.cancel()
            self._held = None
            self._empty_answer = b""
            request = protocol.read_request(frame)
            self._fetching = request.correlation if protocol.is_fetch_by_id(request) else -1
            self._last_fetch_appended = self._relay.appended
            self._to_broker(frame)

    # From the broker

    def answered(self, frames: list[bytes]) -> None:
        """Pass responses on to the client."""
        if self._client is None:
            return
        for index, frame in enumerate(frames):
            correlation = protocol.correlation_of(frame)
            if correlation == self._fetching:
                self._fetching = -1
                self._empty_answer = frame if protocol.brings_nothing(frame) else b""
            elif correlation in self._appends:
                self._appends.discard(correlation)
                self._relay.note_append()
            elif correlation in self._version_requests:
                frames[index] = protocol.add_admin_versions(frame, self._version_requests.pop(correlation))
        self._client.writelines(frames)

    # Both ways

    def _to_broker(self, frame: bytes) -> None:
        if self._broker is None:
            self._early.append(frame)
        else:
            self._broker.write(frame)

    def _to_client(self, frame: bytes) -> None:
        if self._client is not None:
            self._client.write(frame)

    def pause_writing(self) -> None:
        if self._broker is not None:
            self._broker.pause_reading()

    def resume_writing(self) -> None:
        if self._broker is not None:
            self._broker.resume_reading()

    def read_from_client(self, wanted: bool) -> None:
        """Stop or go on reading requests, as the broker keeps up with them."""
        if self._client is not None:
            (self._client.resume_reading if wanted else self._client.pause_reading)()

    def connection_lost(self, exc: Exception | None) -> None:
        self._client = None
        self.abort()

    def abort(self) -> None:
        """Reset both sides."""
        self._relay.connections.discard(self)
        if self._held is not None:
            self._held[1].cancel()
            self._held = None
        for transport in (self._client, self._broker):
            if transport is not None:
                transport.abort()


class _BrokerConnection(asyncio.Protocol):
    """The relay's side of a connection to the mock broker."""

    def __init__(self, client: ClientConnection) -> None:
        self._client = client
        self._frames = protocol.Frames()

    def data_received(self, data: bytes) -> None:
        frames = self._frames.feed(data)
        if frames:
            self._client.answered(frames)

    def pause_writing(self) -> None:
        self._client.read_from_client(False)

    def resume_writing(self) -> None:
        self._client.read_from_client(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.abort()
