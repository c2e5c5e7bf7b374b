"""The circuit breaker's states, on a clock of the test's own."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.breaker import BreakerState, Call, CircuitBreaker, counts_as_failure
from shared.utils.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture
def breaker(clock: FixedClock) -> CircuitBreaker:
    return CircuitBreaker(failure_threshold=3, open_seconds=10.0, monotonic=clock.monotonic)


def call(breaker: CircuitBreaker) -> Call:
    allowed = breaker.allow()
    assert allowed is not None
    return allowed


def fail(breaker: CircuitBreaker, times: int, caller: str = "") -> None:
    for _ in range(times):
        call(breaker).failed(caller)


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
    call(breaker).succeeded()
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

    assert [breaker.allow() is not None for _ in range(5)] == [True, False, False, False, False]


def test_a_probe_that_succeeds_closes_it(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    call(breaker).succeeded()

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
    early = call(breaker)
    fail(breaker, 3)

    early.succeeded()

    assert breaker.state is BreakerState.OPEN
    assert not breaker.allow()


def test_of_many_threads_one_alone_gets_the_probe(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))
    barrier, allowed = threading.Barrier(16), []

    def ask() -> None:
        barrier.wait()
        allowed.append(breaker.allow() is not None)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(allowed) == [False] * 15 + [True]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, False),
        (304, False),
        (404, False),
        (429, False),
        (499, False),
        (500, False),
        (502, True),
        (503, True),
        (504, True),
    ],
)
def test_only_what_says_that_the_upstream_is_away_counts_against_it(status: int, failure: bool) -> None:
    assert counts_as_failure(status) is failure


def test_late_failures_from_before_do_not_prolong_the_pause(breaker: CircuitBreaker, clock: FixedClock) -> None:
    early = [call(breaker) for _ in range(5)]
    fail(breaker, 3)

    clock.advance(seconds(9))
    for late in early:
        late.failed()
    clock.advance(seconds(1))

    assert breaker.allow()


def test_a_late_success_from_before_does_not_close_it_while_a_probe_is_out(
    breaker: CircuitBreaker, clock: FixedClock
) -> None:
    early = call(breaker)
    fail(breaker, 3)
    clock.advance(seconds(10))
    probe = call(breaker)

    early.succeeded()

    assert breaker.state is BreakerState.HALF_OPEN
    probe.succeeded()
    assert breaker.state is BreakerState.CLOSED


def test_one_caller_alone_does_not_close_an_upstream_to_others(breaker: CircuitBreaker) -> None:
    fail(breaker, 50, caller="tenant-1")
    assert breaker.state is BreakerState.CLOSED

    fail(breaker, 1, caller="tenant-2")
    assert breaker.state is BreakerState.OPEN


def test_what_is_certainly_the_upstreams_fault_needs_no_second_caller(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    fail(breaker, 1, caller="tenant-1")
    assert breaker.state is BreakerState.OPEN


def test_a_probe_whose_own_time_was_short_leaves_its_turn_to_another(
    breaker: CircuitBreaker, clock: FixedClock
) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))

    call(breaker).dropped()

    assert breaker.allow()
    assert not breaker.allow()


def test_a_dropped_call_is_no_failure(breaker: CircuitBreaker) -> None:
    for _ in range(10):
        call(breaker).dropped()
    assert breaker.state is BreakerState.CLOSED


def half_open(breaker: CircuitBreaker, clock: FixedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds(10))


def asked(breaker: CircuitBreaker, *callers: str) -> list[bool]:
    """Whether each of them, who asks after the others, may call."""
    return [breaker.allow(caller) is not None for caller in callers]


def probe(breaker: CircuitBreaker, caller: str) -> Call:
    allowed = breaker.allow(caller)
    assert allowed is not None
    return allowed


def test_one_callers_failing_probe_keeps_nobody_else_out(breaker: CircuitBreaker, clock: FixedClock) -> None:
    half_open(breaker, clock)

    probe(breaker, "tenant-1").failed("tenant-1")

    assert asked(breaker, "tenant-1", "tenant-2", "tenant-3") == [False, True, False]


def test_a_callers_next_probe_comes_a_pause_after_its_last_one(breaker: CircuitBreaker, clock: FixedClock) -> None:
    half_open(breaker, clock)
    probe(breaker, "tenant-1").failed("tenant-1")

    clock.advance(seconds(9.9))
    assert asked(breaker, "tenant-1") == [False]
    clock.advance(seconds(0.1))
    assert asked(breaker, "tenant-1") == [True]


def test_failing_probes_of_two_callers_open_it_again(breaker: CircuitBreaker, clock: FixedClock) -> None:
    half_open(breaker, clock)

    for caller in ("tenant-1", "tenant-2"):
        probe(breaker, caller).failed(caller)

    assert breaker.state is BreakerState.OPEN
    assert asked(breaker, "tenant-3") == [False]


def test_a_caller_whose_probes_have_no_time_leaves_the_place_to_others(
    breaker: CircuitBreaker, clock: FixedClock
) -> None:
    half_open(breaker, clock)

    probe(breaker, "tenant-1").dropped()

    assert asked(breaker, "tenant-1", "tenant-2") == [False, True]


def test_a_caller_whose_probe_is_overdue_leaves_the_next_one_to_others(
    breaker: CircuitBreaker, clock: FixedClock
) -> None:
    half_open(breaker, clock)
    probe(breaker, "tenant-1")

    clock.advance(seconds(10))

    assert asked(breaker, "tenant-1", "tenant-2") == [False, True]


def test_a_probe_that_ends_in_an_error_of_its_own_gives_its_place_back(
    breaker: CircuitBreaker, clock: FixedClock
) -> None:
    half_open(breaker, clock)

    with pytest.raises(ValueError, match="unreadable"), probe(breaker, "tenant-1"):
        raise ValueError("unreadable")

    assert asked(breaker, "tenant-2") == [True]


def test_a_call_that_has_reported_is_not_dropped_as_well(breaker: CircuitBreaker, clock: FixedClock) -> None:
    half_open(breaker, clock)

    with probe(breaker, "tenant-1") as call:
        call.succeeded()

    assert breaker.state is BreakerState.CLOSED
