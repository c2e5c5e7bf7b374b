"""What processes that serve nothing else are asked."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from shared.web.liveness import serve_liveness


class Answer(NamedTuple):
    """What came back."""

    status: int
    length: str | None
    media_type: str | None
    content: bytes


@contextmanager
def process(*, alive: bool) -> Iterator[int]:
    """The port of a process that lives, or hangs."""
    server = serve_liveness(lambda: alive, ("127.0.0.1", 0))
    try:
        yield server.server_port
    finally:
        server.server_close()


def get(port: int, path: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        length, media_type = answer.getheader("content-length"), answer.getheader("content-type")
        return Answer(answer.status, length, media_type, answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_a_process_says_whether_it_comes_round(alive: bool, status: int) -> None:
    with process(alive=alive) as port:
        for path in ("/healthz", "/healthz?verbose"):
            assert get(port, path) == (status, "0", None, b"")


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("path", ["/", "/readyz", "/healthz/", "/v1/applies"])
def test_what_it_does_not_serve_is_not_there(alive: bool, path: str) -> None:
    with process(alive=alive) as port:
        assert get(port, path) == (404, "0", None, b"")


@pytest.mark.parametrize("alive", [True, False])
def test_its_metrics_are_those_of_the_process(alive: bool) -> None:
    with process(alive=alive) as port:
        answer = get(port, "/metrics")
    assert answer.status == 200
    assert answer.media_type is not None
    assert answer.media_type.startswith("text/plain; version=")
    assert answer.length == str(len(answer.content))
    assert b"\n# TYPE python_info gauge\n" in answer.content
