"""The small programs that run inside containers: the health check's probe and the relay of slow brokers."""

import asyncio
import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.containers import delay_relay

ROOT = Path(__file__).resolve().parents[3]


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()
        self.wfile.write(b'{"detail": "the database is away"}')

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def probe(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ROOT / "docker" / "probe.py", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


def test_a_probe_is_content_with_a_success(address: str) -> None:
    assert probe(f"{address}/readyz") == (0, "")


def test_a_probe_tells_what_it_was_answered(address: str) -> None:
    status, said = probe(f"{address}/other")
    assert (status, said) == (
        1,
        f'{address}/other answered 503 Service Unavailable: {{"detail": "the database is away"}}',
    )


def test_a_probe_of_nobody_and_of_nonsense_fails_with_a_reason() -> None:
    assert probe("http://127.0.0.1:1/readyz") == (1, "http://127.0.0.1:1/readyz: [Errno 111] Connection refused")
    assert probe("gateway:8000")[0] == 1
    assert probe() == (2, "usage: probe.py URL")


def test_a_relay_holds_answers_back_and_requests_not() -> None:
    arrivals: list[float] = []

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            arrivals.append(time.monotonic())
            writer.write(data.upper())
        writer.close()

    async def talk() -> tuple[float, float, bytes]:
        server = await asyncio.start_server(broker, "127.0.0.1", 0)
        free = await asyncio.start_server(broker, "127.0.0.1", 0)
        target, listen = (entry.sockets[0].getsockname()[1] for entry in (server, free))
        free.close()
        await free.wait_closed()
        await delay_relay.serve(listen, target, 0.3)
        reader, writer = await asyncio.open_connection("127.0.0.1", listen)
        began = time.monotonic()
        writer.write(b"hello")
        answer = await reader.read(100)
        ended = time.monotonic()
        writer.close()
        server.close()
        return began, ended, answer

    began, ended, answer = asyncio.run(talk())
    assert answer == b"HELLO"
    assert ended - began >= 0.3
    assert ended - arrivals[0] >= 0.3
