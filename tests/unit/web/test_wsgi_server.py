"""Whoever asks is answered, by a service that ends as well, and nobody else is kept waiting."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from shared.web import wsgi_server
from shared.web.turns import FairDispatcher

SECONDS = 10.0
REQUEST = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


class Signal(wasyncore.dispatcher):
    """What a signal does in the loop, once something is written to `sender`."""

    def __init__(self, sockets: dict[int, Any]) -> None:
        self.sender, receiver = socket.socketpair()
        super().__init__(receiver, map=sockets)

    def writable(self) -> bool:
        return False

    def handle_read(self) -> None:
        raise SystemExit(0)


class Service:
    """A server of one end point that waits to be told to answer, and others that don't."""

    def __init__(self) -> None:
        self.sockets: dict[int, Any] = {}
        self.asked, self.answer = threading.Event(), threading.Event()
        dispatcher = FairDispatcher(2, lambda _headers: "t-1")
        server = create_server(
            self._application,
            map=self.sockets,
            host="127.0.0.1",
            port=0,
            asyncore_use_poll=True,
            _dispatcher=dispatcher,
        )
        self.port = server.effective_port
        self.signal = Signal(self.sockets)
        self.thread = threading.Thread(target=wsgi_server.run, args=(server, self.sockets), daemon=True)
        self.thread.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def busy(self) -> list[bool]:
        """Of each connection, whether a request of it is being answered."""
        channels = [each for each in list(self.sockets.values()) if isinstance(each, HTTPChannel)]
        return sorted(bool(each.requests or each.total_outbufs_len) for each in channels)

    def _application(self, environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/slow":
            self.asked.set()
            self.answer.wait(SECONDS)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


def answered(connection: socket.socket) -> bool:
    """Whether a whole answer comes; it may come in pieces."""
    told = b""
    while not told.endswith(b"\r\n\r\nok") and (piece := connection.recv(1000)):
        told += piece
    return told.endswith(b"ok")


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.answer.set()
    running.signal.sender.send(b"x")
    running.thread.join(SECONDS)


def test_who_comes_while_the_last_request_is_answered_is_refused_at_once(service: Service) -> None:
    # Given a connection that is kept, one whose request is being answered, and one that has asked for nothing yet
    kept, slow, silent = service.connect(), service.connect(), service.connect()
    kept.send(REQUEST % b"/fast")
    assert answered(kept)
    slow.send(REQUEST % b"/slow")
    assert service.asked.wait(SECONDS)
    deadline = time.monotonic() + SECONDS
    while service.busy() != [False, False, True]:
        assert time.monotonic() < deadline, service.busy()
        time.sleep(0.01)
    # When the service is told to end
    service.signal.sender.send(b"x")
    # Then nobody waits for an answer that won't come
    assert (kept.recv(1), silent.recv(1)) == (b"", b"")
    with pytest.raises(ConnectionRefusedError):
        service.connect()
    # And what it had read is answered
    service.answer.set()
    assert answered(slow)
    assert slow.recv(1) == b""
    service.thread.join(SECONDS)
    assert not service.thread.is_alive()


@pytest.mark.parametrize(
    "raw", [b"get / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", b"?\r\n\r\n"]
)
def test_what_is_no_request_is_refused(service: Service, raw: bytes) -> None:
    with service.connect() as connection:
        connection.sendall(raw)
        assert connection.recv(1000).startswith(b"HTTP/1.0 400 ")


class Content(list[bytes]):
    """What an application answers with, which it wants to hear the end of."""

    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("method", "sent"), [("GET", [b"content"]), ("HEAD", [])])
@pytest.mark.parametrize("length", [[("Content-Length", "7")], []], ids=["of a known length", "of none"])
def test_an_answer_to_head_ends_with_its_head(method: str, sent: list[bytes], length: list[tuple[str, str]]) -> None:
    content = Content([b"content"])
    started: list[Any] = []

    def application(_environ: dict[str, Any], start_response: Any) -> Content:
        start_response("200 OK", length)
        return content

    answer = wsgi_server.without_content_for_head(application)
    assert list(answer({"REQUEST_METHOD": method}, lambda *head: started.extend(head))) == sent
    assert started == ["200 OK", [("Content-Length", "7")] if method == "HEAD" else length]
    assert content.closed == (method == "HEAD")
