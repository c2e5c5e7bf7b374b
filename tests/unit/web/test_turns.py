"""Whose request gets a thread: of one tenant so many, tenants by turns, and probes always."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from shared.kernel.identity import IDENTITY_HEADER, Identity, sign_identity
from shared.web.turns import NOBODY, FairDispatcher, Turns, share_of, tenant_in

SECONDS = 10.0
"""Far more than anything here takes."""


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    error: object = None


@dataclass
class Connection:
    """A connection with one request, which is answered until it is let go."""

    tenant: str
    path: str = "/v1/things"
    began: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def requests(self) -> list[Request]:
        return [Request(self.path, {"TENANT": self.tenant})]

    def service(self) -> None:
        self.began.set()
        self.let_go.wait(SECONDS)
        self.ended.set()

    def cancel(self) -> None:
        self.ended.set()


Send = Callable[..., Connection]


@pytest.fixture
def send() -> Iterator[Send]:
    """Sends a tenant's request to a service with four threads."""
    dispatcher = FairDispatcher(4, lambda headers: headers["TENANT"])
    sent: list[Connection] = []

    def one(tenant: str, path: str = "/v1/things") -> Connection:
        connection = Connection(tenant, path)
        sent.append(connection)
        dispatcher.add_task(connection)
        return connection

    yield one
    for connection in sent:
        connection.let_go.set()
    dispatcher.shutdown()


def test_one_tenant_never_has_all_threads(send: Send) -> None:
    greedy = [send("a") for _ in range(9)]
    assert all(each.began.wait(SECONDS) for each in greedy[: share_of(4)])
    other = send("b")
    assert other.began.wait(SECONDS), "the fourth thread is anybody else's"
    assert not any(each.began.is_set() for each in greedy[share_of(4) :])


def test_whoever_waits_begins_when_one_of_the_same_tenant_ends(send: Send) -> None:
    greedy = [send("a") for _ in range(4)]
    assert greedy[2].began.wait(SECONDS)
    assert not greedy[3].began.is_set()
    greedy[0].let_go.set()
    assert greedy[3].began.wait(SECONDS)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_waits_for_nobody(send: Send, path: str) -> None:
    busy = [send(tenant) for tenant in "aaab"]
    assert all(each.began.wait(SECONDS) for each in busy)
    assert send("", path=path).began.wait(SECONDS)


def test_a_request_that_fails_gives_its_turn_back(send: Send) -> None:
    class Failing(Connection):
        def service(self) -> None:
            raise RuntimeError("lost")

    dispatcher = FairDispatcher(1, lambda headers: headers["TENANT"])
    for _ in range(3):
        dispatcher.add_task(Failing("a"))
    last = Connection("a")
    dispatcher.add_task(last)
    assert last.began.wait(SECONDS)
    last.let_go.set()
    dispatcher.shutdown()


def test_tenants_take_turns() -> None:
    turns = Turns(share=4)
    for tenant, task in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")):
        turns.add(tenant, task)
    assert len(turns) == 6
    assert [turns.popleft() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert len(turns) == 0
    with pytest.raises(IndexError):
        turns.popleft()


def test_the_tenant_is_the_one_that_was_signed() -> None:
    tenant_of = tenant_in("key-of-the-platform-that-is-long-enough")
    name = IDENTITY_HEADER.upper().replace("-", "_")
    identity = Identity("user:1", "tn-1", "user")
    now = datetime(2031, 5, 1, tzinfo=UTC)
    assert tenant_of({name: sign_identity(identity, "key-of-the-platform-that-is-long-enough", now)}) == "tn-1"
    assert tenant_of({name: sign_identity(identity, "another-key-that-is-also-long-enough", now)}) == NOBODY
    assert tenant_of({name: "rubbish"}) == NOBODY
    assert tenant_of({}) == NOBODY
