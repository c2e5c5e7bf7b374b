"""Which instance is called: discovery for a second, turns, and breakers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.discovery import Away, Upstream
from shared.clients.errors import CircuitOpen, NoInstance
from shared.infra.consul import ConsulUnavailable
from shared.infra.registry import Instance
from shared.utils.clock import FixedClock

ONE, TWO = Instance("a", "tenants", "10.0.0.1:8002"), Instance("b", "tenants", "10.0.0.2:8002")


class Registry:
    """A registry whose answer the test changes."""

    def __init__(self, *instances: Instance) -> None:
        self.answer: tuple[Instance, ...] | Exception = instances
        self.asked = 0

    def __call__(self, service: str) -> tuple[Instance, ...]:
        assert service == "tenants"
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 1, tzinfo=UTC))


def chosen(upstream: Upstream) -> str:
    return upstream.choose().instance.id


def test_instances_take_turns(clock: FixedClock) -> None:
    upstream = Upstream("tenants", Registry(ONE, TWO), clock)

    assert [chosen(upstream) for _ in range(4)] == ["a", "b", "a", "b"]


def test_the_registry_is_asked_once_a_second(clock: FixedClock) -> None:
    registry = Registry(ONE)
    upstream = Upstream("tenants", registry, clock)

    for _ in range(3):
        chosen(upstream)
    clock.advance(timedelta(seconds=0.9))
    chosen(upstream)
    assert registry.asked == 1

    clock.advance(timedelta(seconds=0.1))
    chosen(upstream)
    assert registry.asked == 2


def test_it_is_asked_again_at_once_when_an_instance_could_not_be_reached(clock: FixedClock) -> None:
    registry = Registry(ONE)
    upstream = Upstream("tenants", registry, clock)
    chosen(upstream)

    registry.answer = (TWO,)
    upstream.look_again()

    assert chosen(upstream) == "b"


def test_without_an_instance_the_service_is_named(clock: FixedClock) -> None:
    with pytest.raises(NoInstance, match="no instance of tenants"):
        Upstream("tenants", Registry(), clock).choose()


def test_that_there_is_none_is_not_remembered(clock: FixedClock) -> None:
    registry = Registry()
    upstream = Upstream("tenants", registry, clock)
    with pytest.raises(NoInstance):
        upstream.choose()

    registry.answer = (ONE,)

    assert chosen(upstream) == "a"


def test_the_last_known_instances_serve_while_the_registry_is_away(clock: FixedClock) -> None:
    registry = Registry(ONE)
    upstream = Upstream("tenants", registry, clock)
    chosen(upstream)

    registry.answer = ConsulUnavailable("away")
    clock.advance(timedelta(seconds=5))

    assert chosen(upstream) == "a"


def test_a_registry_that_never_answered_is_the_error(clock: FixedClock) -> None:
    with pytest.raises(ConsulUnavailable):
        Upstream("tenants", registry_away(), clock).choose()


def registry_away() -> Registry:
    registry = Registry()
    registry.answer = ConsulUnavailable("away")
    return registry


def test_an_instance_whose_circuit_is_open_is_passed_over(clock: FixedClock) -> None:
    upstream = Upstream("tenants", Registry(ONE, TWO), clock)
    for _ in range(10):
        target = upstream.choose()
        (target.call.failed if target.instance is ONE else target.call.succeeded)()

    assert [chosen(upstream) for _ in range(3)] == ["b", "b", "b"]


def test_when_all_circuits_are_open_nobody_is_called(clock: FixedClock) -> None:
    upstream = Upstream("tenants", Registry(ONE), clock)
    for _ in range(5):
        upstream.choose().call.failed()

    with pytest.raises(CircuitOpen):
        upstream.choose()

    clock.advance(timedelta(seconds=2))
    assert chosen(upstream) == "a"


def test_the_pause_is_that_of_the_instance_that_may_be_called_first(clock: FixedClock) -> None:
    upstream = Upstream("tenants", Registry(ONE, TWO), clock)
    assert upstream.pause() == 0
    for _ in range(10):
        target = upstream.choose()
        (target.call.failed if target.instance is ONE else target.call.succeeded)()
    assert upstream.pause() == 0

    clock.advance(timedelta(seconds=1))
    for _ in range(5):
        upstream.choose().call.failed()
    assert upstream.pause() == 1
    clock.advance(timedelta(seconds=1))
    assert upstream.pause() == 0


class Silent(Registry):
    """A registry that has fallen silent: who asks waits until the test lets it go."""

    def __init__(self, *instances: Instance) -> None:
        super().__init__(*instances)
        self.silent = False
        self.entered, self.go = threading.Event(), threading.Event()

    def __call__(self, service: str) -> tuple[Instance, ...]:
        if not self.silent:
            return super().__call__(service)
        self.asked += 1
        self.entered.set()
        assert self.go.wait(30)
        raise ConsulUnavailable("silent")


def test_a_silent_registry_holds_one_caller_up_and_not_each(clock: FixedClock) -> None:
    registry = Silent(ONE)
    upstream = Upstream("tenants", registry, clock)
    chosen(upstream)
    registry.silent = True
    clock.advance(timedelta(seconds=2))
    with ThreadPoolExecutor(1) as threads:
        patient = threads.submit(chosen, upstream)
        assert registry.entered.wait(30)
        assert [chosen(upstream) for _ in range(5)] == ["a"] * 5
        registry.go.set()
        assert patient.result(30) == "a"
    # And nobody asks again at once, though the answer is older than a second.
    clock.advance(timedelta(seconds=4))
    assert (chosen(upstream), registry.asked) == ("a", 2)
    clock.advance(timedelta(seconds=1))
    assert (chosen(upstream), registry.asked) == ("a", 3)


def test_who_waited_for_anothers_question_to_a_silent_registry_does_not_ask_anew(clock: FixedClock) -> None:
    registry = Silent()
    registry.silent = True
    upstream = Upstream("tenants", registry, clock)
    with ThreadPoolExecutor(5) as threads:
        waiting = [threads.submit(chosen, upstream) for _ in range(5)]
        assert registry.entered.wait(30)
        registry.go.set()
        for each in waiting:
            with pytest.raises(ConsulUnavailable):
                each.result(30)
    assert registry.asked <= 5
    registry.silent = False
    registry.answer = (ONE,)
    assert chosen(upstream) == "a"


def test_one_that_found_the_registry_silent_spares_the_others_the_wait(clock: FixedClock) -> None:
    away, first, second = Away(), Registry(ONE), Registry(TWO)
    one, other = Upstream("tenants", first, clock, away), Upstream("tenants", second, clock, away)
    assert (chosen(one), chosen(other)) == ("a", "b")
    clock.advance(timedelta(seconds=2))
    first.answer = second.answer = ConsulUnavailable("silent")
    assert (chosen(one), chosen(other)) == ("a", "b")
    assert (first.asked, second.asked) == (2, 1)
    clock.advance(timedelta(seconds=6))
    first.answer, second.answer = (ONE,), (ONE,)
    assert (chosen(one), chosen(other)) == ("a", "a")


class Slow(Registry):
    """A registry that takes five seconds to say that it is away."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.clock = clock

    def __call__(self, service: str) -> tuple[Instance, ...]:
        self.asked += 1
        self.clock.advance(timedelta(seconds=5))
        raise ConsulUnavailable("silent")


def refused(upstream: Upstream) -> None:
    with pytest.raises(ConsulUnavailable):
        upstream.choose()


def test_a_request_that_needs_several_services_waits_once_for_a_silent_registry(clock: FixedClock) -> None:
    registry, away = Slow(clock), Away()
    upstreams = [Upstream(service, registry, clock, away) for service in ("tenants", "network")]
    for upstream in upstreams * 2:
        refused(upstream)
    assert registry.asked == 1
    assert [upstream.pause() for upstream in upstreams] == [5, 5]
    # After as long as that took, somebody asks again
    clock.advance(timedelta(seconds=5))
    for upstream in upstreams:
        refused(upstream)
    assert registry.asked == 2


def test_a_registry_that_refuses_at_once_is_asked_again_at_once(clock: FixedClock) -> None:
    registry, away = registry_away(), Away()
    upstream = Upstream("tenants", registry, clock, away)
    refused(upstream)
    assert upstream.pause() == 0
    registry.answer = (ONE,)
    assert chosen(upstream) == "a"


def test_a_registry_that_is_back_is_asked_by_who_knows_nobody(clock: FixedClock) -> None:
    away, first = Away(), Registry(ONE)
    known, new = Upstream("tenants", first, clock, away), Upstream("tenants", Registry(TWO), clock, away)
    chosen(known)
    clock.advance(timedelta(seconds=2))
    first.answer = ConsulUnavailable("a missed answer")
    assert chosen(known) == "a"
    assert new.pause() == 0
    assert chosen(new) == "b"
