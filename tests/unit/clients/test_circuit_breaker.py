"""The circuit breaker's states, on a clock of the test's own."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.breaker import BreakerState, CircuitBreaker, counts_as_failure
from shared.utils.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture
def breaker(clock: FixedClock) -> CircuitBreaker:
    return CircuitBreaker(failure_threshold=3, open_seconds=10.0, monotonic=clock.monotonic)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allow()
        breaker.record_failure()


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_it_opens_with_the_third_failure_in_a_row(breaker: CircuitBreaker) -> None:
    states = []
    for _ in range(3):
        fail(breaker, 1)
        states.append(breaker.state)

    assert states == [BreakerState.CLOSED, BreakerState.CLOSED, BreakerState.OPEN]
    assert not breaker.allow()


def test_a_success_between_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    breaker.record_success()
    fail(breaker, 2)

    assert breaker.state is BreakerState.CLOSED


def test_it_refuses_until_the_pause_is_over(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)

    clock.advance(seconds(9.999))
    assert not breaker.allow()
    assert breaker.retry_after() == pytest.approx(0.001)

    clock.advance(seconds(0.001))
    assert breaker.retry_after() == 0.0
    assert breaker.allow()
    assert breaker.state is BreakerState.HALF_OPEN


def test_half_open_lets_a_single_probe_through(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))

    assert [breaker.allow() for _ in range(5)] == [True, False, False, False, False]


def test_a_probe_that_succeeds_closes_it(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    assert breaker.allow()

    breaker.record_success()

    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_that_fails_opens_it_for_a_whole_pause_again(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN

    clock.advance(seconds(9.9))
    assert not breaker.allow()
    clock.advance(seconds(0.1))
    assert breaker.allow()


def test_a_probe_that_never_reports_does_not_block_it_for_ever(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    assert breaker.allow()

    clock.advance(seconds(9.9))
    assert not breaker.allow()
    clock.advance(seconds(0.1))
    assert breaker.allow()


def test_a_late_success_from_before_does_not_close_it(breaker: CircuitBreaker) -> None:
    fail(breaker, 3)

    breaker.record_success()

    assert breaker.state is BreakerState.OPEN
    assert not breaker.allow()


def test_of_many_threads_one_alone_gets_the_probe(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    barrier, allowed = threading.Barrier(16), []

    def ask() -> None:
        barrier.wait()
        allowed.append(breaker.allow())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(allowed) == [False] * 15 + [True]


@pytest.mark.parametrize(
    ("status", "failure"),
    [(200, False), (304, False), (404, False), (429, False), (499, False), (500, True), (503, True)],
)
def test_only_server_errors_count_against_an_upstream(status: int, failure: bool) -> None:
    assert counts_as_failure(status) is failure
