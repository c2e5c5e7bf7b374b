"""A connection to etcd that vanished without a word is given up, and the next call makes another."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import etcd3.etcdrpc as rpc
import grpc
import pytest

from shared.infra import etcd
from shared.infra.coordination import CoordinationUnavailable
from shared.infra.etcd import EtcdSession
from tests.support.eventually import eventually

FASTER = {etcd.PING_MILLISECONDS: 10, etcd.PONG_MILLISECONDS: 2}
"""By what the test's patience is less than the platform's. A busy machine still answers a ping in time."""
NOTICED_SECONDS = 60.0
"""Far more than a ping and its time-out take so."""
TAKES_ANY_PING = (("grpc.http2.min_ping_interval_without_data_ms", 1), ("grpc.http2.max_ping_strikes", 0))


class Firewall:
    """Stands before a server. What it forgets stays open at both ends, and its bytes go nowhere from then on."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._remembered: set[int] = set()
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """Forget every connection there is; those that come are let through."""
        self._remembered.clear()

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            self._sockets += [client, server]
            self.connections += 1
            self._remembered.add(self.connections)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(self.connections, source, target), daemon=True).start()

    def _carry(self, number: int, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                if number in self._remembered:
                    target.sendall(data)
            if number in self._remembered:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            return


class Etcd(grpc.GenericRpcHandler):
    """As much of etcd as the test asks: a key, a lease that lasts, and a watch that tells each watcher one change."""

    def service(self, handler_call_details: Any) -> Any:
        match handler_call_details.method:
            case "/etcdserverpb.KV/Range":
                kv = rpc.kv__pb2.KeyValue(key=b"/key", value=b"value", create_revision=1, mod_revision=1)
                answer = rpc.RangeResponse(kvs=[kv], count=1)
                return grpc.unary_unary_rpc_method_handler(
                    lambda _request, _context: answer.SerializeToString(), rpc.RangeRequest.FromString
                )
            case "/etcdserverpb.Lease/LeaseKeepAlive":
                return grpc.stream_stream_rpc_method_handler(
                    lambda requests, _context: (
                        rpc.LeaseKeepAliveResponse(ID=each.ID, TTL=5).SerializeToString() for each in requests
                    ),
                    rpc.LeaseKeepAliveRequest.FromString,
                )
            case "/etcdserverpb.Watch/Watch":
                return grpc.stream_stream_rpc_method_handler(self._watch, rpc.WatchRequest.FromString)
        return None

    @staticmethod
    def _watch(_requests: Any, context: Any) -> Iterator[bytes]:
        event = rpc.kv__pb2.Event(kv=rpc.kv__pb2.KeyValue(key=b"/key", value=b"value", mod_revision=1))
        yield rpc.WatchResponse(events=[event]).SerializeToString()
        ended = threading.Event()
        context.add_callback(ended.set)
        ended.wait()


@pytest.fixture
def firewall() -> Iterator[Firewall]:
    """Before a server that says what etcd says."""
    server = grpc.server(ThreadPoolExecutor(8), handlers=[Etcd()], options=TAKES_ANY_PING)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    wall = Firewall(port)
    yield wall
    server.stop(None)
    wall.close()


@pytest.fixture
def session(firewall: Firewall, monkeypatch: pytest.MonkeyPatch) -> Iterator[EtcdSession]:
    """A session whose connection stands, and whose pings come faster than the platform's."""
    faster = tuple((name, value // FASTER.get(value, 1)) for name, value in etcd.CHANNEL_OPTIONS)
    monkeypatch.setattr(etcd, "CHANNEL_OPTIONS", faster)
    made = EtcdSession(f"http://127.0.0.1:{firewall.port}", timeout=0.25)
    eventually(lambda: answered(made), NOTICED_SECONDS)
    yield made
    made.close()


def answered(session: EtcdSession) -> bool:
    try:
        return session.get("/key") is not None
    except CoordinationUnavailable:
        return False


def test_calls_work_again_though_nobody_has_reset_their_connection(firewall: Firewall, session: EtcdSession) -> None:
    before = firewall.connections
    firewall.forget()
    assert not answered(session)
    assert eventually(lambda: answered(session), NOTICED_SECONDS)
    assert firewall.connections > before


def test_who_holds_a_lease_waits_for_no_longer_than_it_said_and_renews_again(
    firewall: Firewall, session: EtcdSession
) -> None:
    def renewed() -> bool:
        try:
            return session.keep_alive(7, timeout=0.25) == 5
        except CoordinationUnavailable:
            return False

    assert eventually(renewed, NOTICED_SECONDS)
    firewall.forget()
    assert not renewed()
    assert eventually(renewed, NOTICED_SECONDS)


def test_a_watch_that_hears_nothing_any_more_says_so(firewall: Firewall, session: EtcdSession) -> None:
    def watched() -> Iterator[Any] | None:
        changes = iter(session.changes("/key", 1))
        try:
            return changes if next(changes).key == "/key" else None
        except CoordinationUnavailable:
            return None

    # Given a watch without a limit of time, as the voters' is
    changes = eventually(watched, NOTICED_SECONDS)
    assert changes is not None
    # When its connection vanishes, then it ends, and whoever follows can begin anew
    firewall.forget()
    ended = threading.Event()

    def follow() -> None:
        with pytest.raises(CoordinationUnavailable):
            next(changes)
        ended.set()

    threading.Thread(target=follow, daemon=True).start()
    assert ended.wait(NOTICED_SECONDS)
    assert eventually(watched, NOTICED_SECONDS)
