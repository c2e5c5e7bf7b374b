"""The ASGI server waits for its end, and dates what it answers."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl

from shared.web.asgi_server import AsgiServer, DatedState, HttpInTime


async def _application(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError


def _server() -> AsgiServer:
    return AsgiServer(uvicorn.Config(_application, log_config=None))


def test_a_signal_ends_the_wait() -> None:
    async def run() -> float:
        server = _server()
        waiting = asyncio.create_task(server.main_loop())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        began = time.monotonic()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(waiting, 5.0)
        return time.monotonic() - began

    assert asyncio.run(run()) < 1.0


def test_a_signal_that_came_before_is_not_missed() -> None:
    async def run() -> None:
        server = _server()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(server.main_loop(), 5.0)

    asyncio.run(run())


def test_headers_carry_the_present_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000.9
    monkeypatch.setattr(time, "time", lambda: now)
    state = DatedState()
    state.default_headers = [(b"date", b"long ago")]
    assert state.default_headers == [(b"date", b"Tue, 14 Nov 2023 22:13:20 GMT")]
    assert state.default_headers is state.default_headers

    now += 1
    [(_, later)] = state.default_headers
    assert parsedate_to_datetime(later.decode()).timestamp() == 1_700_000_001


class Hasty(HttpInTime):
    """The same with little patience."""

    head_seconds = 0.2
    taking_seconds = 0.2
    taking_bytes = 10


class Sudden(HttpInTime):
    """The same with little patience for the rest of a body."""

    rest_seconds = 0.2


class Patient(HttpInTime):
    """The same with enough for a busy machine."""

    head_seconds = 2.0


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def _listening(
    protocol: type[HttpInTime], application: Any = _answer, keep_alive: int = 60
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of that protocol."""
    config = uvicorn.Config(application, log_config=None, http=protocol, timeout_keep_alive=keep_alive)
    config.load()
    server = uvicorn.Server(config)
    make = asyncio.get_running_loop().create_server
    async with await make(lambda: protocol(config, server.server_state, {}), "127.0.0.1", 0) as listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        yield reader, writer
        writer.close()


@pytest.mark.parametrize("sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 100])
def test_a_connection_whose_request_does_not_come_is_closed(sent: bytes) -> None:
    async def run() -> bytes:
        async with _listening(Hasty) as (reader, writer):
            writer.write(sent)
            return await asyncio.wait_for(reader.read(), 30)

    assert asyncio.run(run()) == b""


def test_a_connection_that_is_kept_waits_for_the_next_request_and_not_for_half_of_it() -> None:
    async def run() -> bytes:
        async with _listening(Patient) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answered = await asyncio.wait_for(reader.readuntil(b"ok"), 30)
            await asyncio.sleep(1.5 * Patient.head_seconds)
            assert not reader.at_eof()
            writer.write(b"GET / HTTP/1.1\r\nHo")
            assert await asyncio.wait_for(reader.read(), 30) == b""
            return answered

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200")


def test_what_is_no_http_is_refused_with_a_problem_as_everything_is() -> None:
    async def run() -> bytes:
        async with _listening(Patient) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n")
            return await asyncio.wait_for(reader.read(), 30)

    head, _, content = asyncio.run(run()).partition(b"\r\n\r\n")
    problem = json.loads(content)
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert f"\r\nx-correlation-id: {problem['correlation_id']}\r\n".encode() in head
    assert (problem["status"], problem["code"]) == (400, "bad_request")


REFUSED_EARLY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf-"


def test_a_body_that_does_not_go_on_after_its_answer_ends_the_connection() -> None:
    async def run() -> bytes:
        async with _listening(Sudden) as (reader, writer):
            writer.write(REFUSED_EARLY)
            return await asyncio.wait_for(reader.read(), 30)

    assert asyncio.run(run()).endswith(b"ok")


def test_a_body_that_is_whole_soon_after_its_answer_keeps_the_connection() -> None:
    async def run() -> None:
        async with _listening(Patient) as (reader, writer):
            for _ in range(2):
                writer.write(REFUSED_EARLY)
                await asyncio.wait_for(reader.readuntil(b"ok"), 30)
                writer.write(b"-done")

    asyncio.run(run())


def test_blank_lines_do_not_keep_a_connection() -> None:
    async def run() -> None:
        async with _listening(Patient, keep_alive=1) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.wait_for(reader.readuntil(b"ok"), 30)
            writer.write(b"\r\n")
            assert await asyncio.wait_for(reader.read(), 30) == b""

    asyncio.run(run())


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1", b"GET / HTTP/1.0"], ids=["kept", "closed afterwards"])
def test_a_client_that_takes_nothing_of_its_answer_is_hung_up_on(request_line: bytes) -> None:
    async def run() -> None:
        gone = asyncio.Event()

        class Watched(Hasty):
            def connection_lost(self, exc: Exception | None) -> None:
                gone.set()
                super().connection_lost(exc)

        async def large(_scope: Any, _receive: Any, send: Any) -> None:
            headers = [(b"content-length", b"%d" % (64 << 20))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": bytes(64 << 20)})

        async with _listening(Watched, large) as (_reader, writer):
            writer.write(request_line + b"\r\nHost: x\r\n\r\n")
            await asyncio.wait_for(gone.wait(), 30)

    asyncio.run(run())


@pytest.mark.parametrize("rest", [80, 71], ids=["nothing more", "too little"])
def test_a_client_that_takes_enough_however_slowly_is_not_hung_up_on(rest: int) -> None:
    async def run() -> list[int]:
        untaken, aborted = [100, 100, 90, 90, 80, 80, rest], asyncio.Event()

        class Transport(asyncio.Transport):
            def get_write_buffer_size(self) -> int:
                return untaken.pop(0) if len(untaken) > 1 else untaken[0]

            def abort(self) -> None:
                aborted.set()

        config = uvicorn.Config(_answer, log_config=None)
        config.load()
        protocol = Hasty(config, uvicorn.Server(config).server_state, {})
        protocol.transport, protocol.flow = Transport(), FlowControl(Transport())
        protocol.pause_writing()
        await asyncio.wait_for(aborted.wait(), 30)
        return untaken

    assert asyncio.run(run()) == [rest]
