"""A check over HTTP keeps its connection, and doesn't take a server's closing it for the server's absence."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.web.health import http_check


class Server(ThreadingHTTPServer):
    """Answers every GET with `status`; counts connections."""

    status = 200
    closing = False
    accepted = 0

    def process_request(self, request: object, client_address: object) -> None:
        self.accepted += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if self.server.closing:  # without a word about it
            self.close_connection = True

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/v1/status/leader"


def test_the_connection_is_kept(server: Server) -> None:
    check = http_check(url_of(server))
    for _ in range(3):
        check()
    assert server.accepted == 1


def test_a_connection_that_the_server_closed_is_replaced(server: Server) -> None:
    server.closing = True
    check = http_check(url_of(server))
    for _ in range(3):
        check()
    assert server.accepted == 3


def test_another_status_is_a_failure_and_so_is_silence(server: Server) -> None:
    check = http_check(url_of(server))
    server.status = 500
    with pytest.raises(ConnectionError, match="HTTP 500"):
        check()
    server.status = 200
    check()
    gone = http_check("http://127.0.0.1:9/")
    with pytest.raises(OSError):
        gone()
