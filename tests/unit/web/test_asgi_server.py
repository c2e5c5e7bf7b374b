"""The ASGI server waits for its end, and dates what it answers."""

import asyncio
import signal
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import uvicorn

from shared.web.asgi_server import AsgiServer, DatedState


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
