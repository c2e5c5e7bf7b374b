"""What requests and their answers say of the instance that they went to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.gateway.api import Incoming, Reached, operations  # type: ignore[attr-defined]
from services.gateway.domain.routing import Route
from services.gateway.ports import Ports
from services.gateway.ports.transport import NoRoom, NotHeard
from services.gateway.ports.upstreams import Upstreams
from services.gateway.settings import Settings
from shared.clients.breaker import BreakerState, CircuitBreaker
from shared.clients.discovery import Target
from shared.errors import BadGateway, BadRequest, OmniCloudError, ServiceUnavailable
from shared.infra.registry import Instance
from shared.kernel.context import RequestContext
from shared.kernel.identity import Identity
from shared.utils.deadline import Deadline
from shared.web.spooling import SpooledBody
from tests.unit.clocks import standing_clock

CLOCK = standing_clock()
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OBJECT = Route("storage", "/v1/buckets/b/objects/k")
PRESIGNED = Route("storage", "/v1/signed/t-1/b/k")


class Instances:
    """One instance of storage, which answers (or fails) always alike, and its breaker."""

    def __init__(self, outcome: int | Exception) -> None:
        self.outcome = outcome
        self.sent = 0
        self.refusal: OmniCloudError | None = None
        self.breaker = CircuitBreaker(5, 2.0, CLOCK.monotonic)

    def choose(self, service: str, caller: str, _tried: object) -> Target:
        call = self.breaker.allow(caller)
        assert call is not None
        return Target(Instance("storage-1", service, "10.0.0.1:8000"), call)

    async def send(self, *_: Any) -> Any:
        self.sent += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome

        async def read() -> bytes:
            return b""

        return SimpleNamespace(status=self.outcome, read=read)

    def ask(self, tenant: str | None, *, seconds: float = 15.0, route: Route = OBJECT, address: str = "") -> None:
        """One request that is sent once."""
        settings = Settings(identity_signing_key="a-signing-key-of-at-least-thirty-two-bytes")
        ports = SimpleNamespace(settings=settings, clock=CLOCK, upstreams=self, http=self)
        identity = Identity("user:1", tenant, "user") if tenant else None
        with SpooledBody(1) as body:
            incoming = Incoming("POST", route, "", [], body, identity, address, Reached("http", "cloud"))
            context = RequestContext(identity, "c-1", TRACEPARENT, CLOCK, deadline=Deadline.after(seconds, CLOCK))
            try:
                asyncio.run(operations.forward(cast(Ports, ports), incoming, context))
            except (ServiceUnavailable, BadGateway, BadRequest) as error:
                self.refusal = error


def test_refusals_of_two_tenants_open_the_breaker() -> None:
    storage = Instances(503)
    for tenant in ("t-1", "t-2", "t-1", "t-2", "t-1"):
        storage.ask(tenant)
    assert storage.breaker.state is BreakerState.OPEN


@pytest.mark.parametrize("status", [503, 504])
def test_a_refusal_for_lack_of_the_requests_own_time_says_nothing_of_the_instance(status: int) -> None:
    storage = Instances(status)
    for number in range(20):
        storage.ask(f"t-{number % 2}", seconds=1.0)
    assert (storage.breaker.state, storage.sent) == (BreakerState.CLOSED, 20)


def test_lack_of_the_gateways_own_connections_says_nothing_of_the_instance() -> None:
    storage = Instances(NoRoom("all in use"))
    for number in range(10):
        storage.ask(f"t-{number}")
    assert storage.breaker.state is BreakerState.CLOSED


def test_a_tenant_and_its_presigned_urls_are_one_caller() -> None:
    storage = Instances(503)
    for number in range(10):
        storage.ask("t-1")
        storage.ask(None, route=PRESIGNED, address=f"203.0.113.{number}")
    assert storage.breaker.state is BreakerState.CLOSED


def test_strangers_are_one_caller_however_many_addresses_they_have() -> None:
    storage = Instances(503)
    for number in range(10):
        storage.ask(None, address=f"203.0.113.{number}")
    assert storage.breaker.state is BreakerState.CLOSED


def test_a_strangers_probe_without_a_verdict_keeps_no_other_stranger_waiting() -> None:
    storage = Instances(503)
    storage.breaker = CircuitBreaker(1, 0.0, CLOCK.monotonic)
    call = storage.breaker.allow()
    assert call is not None
    call.failed()
    storage.breaker._open_seconds = 60.0
    storage.ask(None, address="203.0.113.1", seconds=1.0)
    storage.outcome = 200

    storage.ask(None, address="203.0.113.2")

    assert storage.breaker.state is BreakerState.CLOSED


def test_a_request_that_cant_be_sent_on_gives_a_probes_place_back() -> None:
    storage = Instances(BadRequest("a header is no text"))
    storage.breaker = CircuitBreaker(1, 0.0, CLOCK.monotonic)
    call = storage.breaker.allow()
    assert call is not None
    call.failed()
    storage.breaker._open_seconds = 60.0  # The pause is over; a probe that is out keeps others waiting for long.

    storage.ask("t-1")

    assert storage.breaker.allow("t-2") is not None


def registered(monkeypatch: pytest.MonkeyPatch, *ids: str) -> Upstreams:
    """Instances of storage in routing."""
    upstreams = Upstreams(Settings(identity_signing_key="a-signing-key-of-at-least-thirty-two-bytes"), CLOCK)
    found = tuple(Instance(id, "storage", "10.0.0.1:8000") for id in ids)
    monkeypatch.setattr(upstreams, "instances", lambda _service: found)
    return upstreams


def test_an_instance_that_was_tried_comes_after_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    upstreams = registered(monkeypatch, "storage-1", "storage-2")
    chosen = [upstreams.choose("storage", "t-1", {"storage-1"}).instance.id for _ in range(4)]
    assert chosen == ["storage-2"] * 4


def test_an_instance_that_was_tried_is_tried_again_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    upstreams = registered(monkeypatch, "storage-1")
    assert upstreams.choose("storage", "t-1", {"storage-1"}).instance.id == "storage-1"


def test_a_host_that_says_nothing_is_a_refusal_that_says_when_to_ask_again() -> None:
    storage = Instances(NotHeard("no connection in time"))
    storage.ask("t-1")
    assert storage.refusal is not None
    assert (storage.refusal.status, storage.refusal.headers["Retry-After"], storage.sent) == (503, "1", 3)
