"""What the gateway sends to an instance, and what it makes of answers that don't come, or come slowly."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from services.gateway.domain.headers import Header
from services.gateway.ports import transport as transports
from services.gateway.ports.transport import Answer, NoAnswer, NoRoom, NotHeard, NotReached, Transport
from services.gateway.settings import Settings
from shared.errors import BadRequest
from shared.web.serve import MAX_CONNECTIONS

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HOST: list[Header] = [("Host", "compute.service.consul")]


class Instance:
    """A server that keeps what it is sent, and answers as it is told: bytes, or whatever a coroutine writes."""

    def __init__(self, *answers: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Instance:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15] == b"Content-Length:"), 0)
                self.requests.append(head + await reader.readexactly(length))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
        finally:
            writer.close()

    def head(self, place: int = 0) -> list[bytes]:
        """The lines of a request's head."""
        return self.requests[place].split(b"\r\n\r\n")[0].split(b"\r\n")


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def say_nothing(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def ask(instance: Instance, transport: Transport, method: str = "GET", **given: object) -> Answer:
    path, headers, body = given.get("path", "/v1/x"), given.get("headers", ()), given.get("body", b"")
    timeout = given.get("timeout", 5.0)
    return await transport.send(method, f"{instance.url}{path}", [*HOST, *headers], body, timeout)  # type: ignore[misc, arg-type]


def run(story: Callable[[Transport], Awaitable[None]]) -> None:
    """A story with a transport of its own."""

    async def whole() -> None:
        transport = Transport()
        try:
            await story(transport)
        finally:
            transport.stop()
            await turns()

    asyncio.run(whole())


async def turns() -> None:
    """Let the loop hear of what has happened."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_what_the_client_sent_is_all_that_is_sent() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            headers = [("Accept", "text/csv"), ("X-Twice", "1"), ("X-Twice", "2"), ("cookie", "a=b; c")]
            await (await ask(instance, transport, path="/v1/a%2Fb?x=%20&y=/", headers=headers)).read()
            assert instance.head()[0] == b"GET /v1/a%2Fb?x=%20&y=/ HTTP/1.1"
            assert sorted(instance.head()[1:]) == sorted([
                b"Host: compute.service.consul", b"Accept: text/csv", b"X-Twice: 1", b"X-Twice: 2", b"cookie: a=b; c",
            ])  # fmt: skip

    run(story)


def test_a_body_goes_with_its_length_and_without_an_invented_type() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            await (await ask(instance, transport, "POST", body=b"\x00\xff")).read()
            assert instance.requests[0].endswith(b"\r\n\r\n\x00\xff")
            assert sorted(instance.head()[1:]) == [b"Content-Length: 2", b"Host: compute.service.consul"]

    run(story)


def test_header_values_are_the_same_bytes_on_both_sides() -> None:
    async def story(transport: Transport) -> None:
        answer = b"HTTP/1.1 200 OK\r\nX-Name: M\xc3\xbcller \xff\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 0\r\n\r\n"
        async with Instance(answer) as instance:
            got = await ask(instance, transport, headers=[("X-Name", "Müller".encode().decode("latin-1"))])
            assert "X-Name: Müller".encode() in instance.head()
            assert got.headers[:3] == [(b"X-Name", b"M\xc3\xbcller \xff"), (b"X-Two", b"1"), (b"x-two", b"2")]

    run(story)


def test_a_header_that_is_no_text_is_the_clients_mistake() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            with pytest.raises(BadRequest):
                await ask(instance, transport, headers=[("X-Name", "\xff")])
            assert instance.requests == []

    run(story)


def test_cookies_of_an_answer_are_not_sent_back_to_the_next_one() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n") as instance:
            for _ in range(2):
                await (await ask(instance, transport)).read()
            assert instance.head(1) == [b"GET /v1/x HTTP/1.1", b"Host: compute.service.consul"]

    run(story)


def test_redirects_are_the_clients_to_follow() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(b"HTTP/1.1 302 Found\r\nLocation: /v1/y\r\nContent-Length: 0\r\n\r\n") as instance:
            assert (await ask(instance, transport)).status == 302
            assert len(instance.requests) == 1

    run(story)


def test_a_connection_is_used_again() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            for _ in range(3):
                await (await ask(instance, transport)).read()
            assert instance.connections == 1

    run(story)


def test_a_connection_that_was_closed_meanwhile_is_replaced_even_for_what_must_not_be_repeated() -> None:
    async def answer_and_leave(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    async def story(transport: Transport) -> None:
        async with Instance(answer_and_leave) as instance:
            await (await ask(instance, transport)).read()
            await instance.closed.wait()
            await turns()
            assert (await ask(instance, transport, "POST", body=b"1")).status == 200
            assert instance.connections == 2

    run(story)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_may_have_arrived_is_sent_once(method: str) -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK, hang_up) as instance:
            await (await ask(instance, transport)).read()
            with pytest.raises(NoAnswer) as caught:
                await ask(instance, transport, method)
            assert not isinstance(caught.value, NotReached)
            assert len(instance.requests) == 2

    run(story)


def test_where_nobody_listens_the_request_was_not_carried_out() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            pass
        with pytest.raises(NotReached):
            await ask(instance, transport, "POST")

    run(story)


@pytest.mark.parametrize("body", [b"", b"x" * (12 << 20)], ids=["no body", "a body that is never read"])
def test_silence_ends_with_the_time_that_is_left(body: bytes) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def story(transport: Transport) -> None:
        server = await asyncio.start_server(deaf, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/x"
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            await transport.send("POST", url, HOST, body, 0.3)
        assert time.monotonic() - began >= 0.3
        server.close()

    run(story)


def test_no_time_left_is_no_time_and_not_endless() -> None:
    async def story(transport: Transport) -> None:
        async with Instance(say_nothing) as instance:
            with pytest.raises(NoAnswer):
                await ask(instance, transport, timeout=0.0)

    run(story)


def test_a_body_that_breaks_off_or_stops_is_no_answer() -> None:
    async def begin(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    async def break_off(writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await writer.drain()
        writer.close()

    async def stop(writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await writer.drain()
        await asyncio.Event().wait()

    async def story(transport: Transport) -> None:
        for ending in (break_off, stop):
            async with Instance(ending) as instance:
                answer = await ask(instance, transport, timeout=0.5)
                assert not answer.complete
                with pytest.raises(NoAnswer):
                    await answer.read()
            async with Instance(ending) as instance:
                answer = await ask(instance, transport, timeout=0.5)
                chunks = answer.chunks()
                assert await anext(chunks) == b"half"
                with pytest.raises(NoAnswer):
                    await anext(chunks)

    run(story)


def test_a_body_is_passed_on_as_it_comes() -> None:
    async def story(transport: Transport) -> None:
        more = asyncio.Event()

        async def slowly(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            await writer.drain()
            await more.wait()
            writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

        async with Instance(slowly) as instance:
            answer = await ask(instance, transport)
            chunks = answer.chunks()
            assert await anext(chunks) == b"one"
            more.set()
            assert [chunk async for chunk in chunks] == [b"two"]

    run(story)


def test_many_streams_go_on_beside_each_other() -> None:
    streams, chunk = 100, b"x" * 65_536

    async def big(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (4 * len(chunk)))
        for _ in range(4):
            writer.write(chunk)
            await writer.drain()

    async def story(transport: Transport) -> None:
        async with Instance(big) as instance:

            async def one() -> int:
                answer = await ask(instance, transport)
                return sum([len(part) async for part in answer.chunks()])

            assert await asyncio.gather(*(one() for _ in range(streams))) == [4 * len(chunk)] * streams

    run(story)


def test_an_answer_that_nobody_wants_any_more_gives_its_connection_up() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"3\r\none\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async def story(transport: Transport) -> None:
        async with Instance(endless) as instance:
            answer = await ask(instance, transport)
            answer.close()
            await asyncio.wait_for(instance.closed.wait(), 10)

    run(story)


@pytest.mark.parametrize(
    "target",
    [
        "/v1/instances/i-1",
        "/v1/instances?limit=1&cursor=a~b_c.d",
        "/v1/objects/a%252Fb%2Fc%41?x=%2F%20+",
        "/v1/objects/x/%2E%2E/y//z/.",
        "/v1/objects/M%C3%BCller%09{}|",
    ],
)
def test_path_and_query_go_over_the_wire_as_they_came(target: str) -> None:
    async def story(transport: Transport) -> None:
        async with Instance(OK) as instance:
            await transport.send("GET", instance.url + target, HOST, b"", 5.0)
            assert instance.head()[0] == f"GET {target} HTTP/1.1".encode()

    run(story)


def test_a_compressed_answer_stays_as_it_is() -> None:
    packed = gzip.compress(b"x" * 1000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"

    async def story(transport: Transport) -> None:
        async with Instance(head.encode() + packed) as instance:
            answer = await ask(instance, transport)
            assert await answer.read() == packed
            assert (b"Content-Encoding", b"gzip") in answer.headers

    run(story)


@pytest.mark.parametrize("end", ["read", "close"])
def test_an_answer_under_way_takes_room_of_its_own_instance_alone(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(transports, "ROOM", 1)
    monkeypatch.setattr(transports, "ROOM_SECONDS", 0.05)

    async def story(transport: Transport) -> None:
        async with Instance(OK) as one, Instance(OK) as another:
            held = await ask(one, transport)
            with pytest.raises(NoRoom):
                await ask(one, transport)
            assert await (await ask(another, transport)).read() == b"ok"
            if end == "read":
                await held.read()
            held.close()
            assert await (await ask(one, transport)).read() == b"ok"

    run(story)


def test_where_nobody_listens_no_room_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "ROOM", 1)

    async def story(transport: Transport) -> None:
        for _ in range(2):
            with pytest.raises(NotReached):
                await transport.send("GET", "http://127.0.0.1:1/v1/x", HOST, b"", 5.0)

    run(story)


@contextmanager
def silent_host() -> Iterator[str]:
    """Where packets that ask for a connection are swallowed: a queue that is full and that nobody empties."""
    with ExitStack() as open_sockets:
        listening = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/x"


def test_a_host_that_says_nothing_costs_a_short_time_and_not_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "CONNECT_SECONDS", 0.2)

    async def story(transport: Transport) -> None:
        with silent_host() as url, pytest.raises(NotHeard):
            async with asyncio.timeout(30.0):
                await transport.send("POST", url, HOST, b"", 60.0)

    run(story)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EADDRNOTAVAIL])
def test_the_gateways_own_lack_is_not_the_instances_fault(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    async def none_left(*_: object) -> None:
        raise OSError(number, "none left")

    async def story(transport: Transport) -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", none_left)
        with pytest.raises(NoRoom):
            await transport.send("GET", "http://127.0.0.1:1/v1/x", HOST, b"", 5.0)

    run(story)


def test_no_crowd_takes_all_connections_that_a_service_accepts() -> None:
    """Who asks whether a service is healthy needs one, or the service is out of routing for everybody."""
    caller = Settings.model_fields["requests_under_way"].default
    assert caller < transports.ROOM <= MAX_CONNECTIONS * 0.8


def test_content_that_follows_the_answer_to_head_is_nobodys_answer() -> None:
    foreign = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign"

    async def story(transport: Transport) -> None:
        sent = asyncio.Event()

        async def content_nevertheless(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(foreign))
            await writer.drain()
            await sent.wait()
            writer.write(foreign)

        async with Instance(content_nevertheless, OK) as instance:
            assert await (await ask(instance, transport, "HEAD")).read() == b""
            sent.set()
            assert await (await ask(instance, transport)).read() == b"ok"
            assert instance.connections == 2

    run(story)
