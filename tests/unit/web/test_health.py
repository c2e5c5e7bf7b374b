"""A check over HTTP keeps its connection, and doesn't take a server's closing it for the server's absence."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.web.health import Readiness, answer_check, http_check


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


def test_what_a_service_can_do_without_is_named_and_keeps_nobody_away() -> None:
    """Kubernetes: readiness says whether to send requests."""

    def fine() -> None:
        return None

    def away() -> None:
        raise ConnectionRefusedError("nobody there")

    without = Readiness({"consul": fine}, {"redis": away}).report()
    assert (without.status, without.body()) == (
        200,
        {"status": "ready", "checks": {"consul": "ok", "redis": "ConnectionRefusedError: nobody there"}},
    )
    assert Readiness({"consul": away}, {"redis": fine}).report().status == 503


@pytest.mark.parametrize(("says", "silent"), [(b"+PONG\r\n", False), (b"-NOAUTH\r\n", False), (None, True)])
def test_a_server_that_takes_connections_and_says_nothing_is_not_there(
    monkeypatch: pytest.MonkeyPatch, says: bytes | None, silent: bool
) -> None:
    monkeypatch.setattr("shared.web.health.CHECK_TIMEOUT_SECONDS", 0.2 if silent else 10.0)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                assert connection.recv(100) == b"PING\r\n"
                connection.sendall(says or b"")

        thread = threading.Thread(target=serve, daemon=True)
        if says is not None:
            thread.start()
        check = answer_check(f"127.0.0.1:{listening.getsockname()[1]}", b"PING\r\n")
        if silent:
            with pytest.raises(TimeoutError):
                check()
        else:
            check()
            thread.join()
