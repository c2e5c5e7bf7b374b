"""The one retry policy, for threads and for coroutines."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.utils.clock import FixedClock
from shared.utils.deadline import Deadline
from shared.utils.retry import call_with_retry, call_with_retry_async

Call = Callable[..., str]


def call_async(operation: Callable[[], str], **policy: object) -> str:
    """The coroutines' policy, called as the threads' one is."""

    async def coroutine() -> str:
        return operation()

    start: Callable[..., Awaitable[str]] = call_with_retry_async

    async def run() -> str:
        return await start(lambda: coroutine(), **policy)

    return asyncio.run(run())


both = pytest.mark.parametrize("call", [call_with_retry, call_async])


class Flaky:
    """Fails so many times, then works."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error(f"attempt {self.calls}")
        return "done"


def passing(error: BaseException) -> bool:
    return isinstance(error, ConnectionError)


@both
def test_a_failure_that_passes_is_tried_again(call: Call) -> None:
    operation = Flaky(failures=2)
    assert call(operation, retry_on=passing, attempts=3, first_wait=0.001) == "done"
    assert operation.calls == 3


@both
def test_retries_end_with_the_last_error_as_it_is(call: Call) -> None:
    operation = Flaky(failures=9)
    with pytest.raises(ConnectionError, match="attempt 3"):
        call(operation, retry_on=passing, attempts=3, first_wait=0.001)
    assert operation.calls == 3


@both
def test_errors_not_worth_it_are_not_retried(call: Call) -> None:
    operation = Flaky(failures=9, error=ValueError)
    with pytest.raises(ValueError, match="attempt 1"):
        call(operation, retry_on=passing, first_wait=0.001)
    assert operation.calls == 1


@both
def test_nothing_is_waited_for_that_the_deadline_does_not_leave_time_for(call: Call) -> None:
    # Given a deadline that has passed, of a clock that stands still
    operation = Flaky(failures=9)
    deadline = Deadline.after(0.0, FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    with pytest.raises(ConnectionError, match="attempt 1"):
        call(operation, retry_on=passing, attempts=5, first_wait=10.0, max_wait=10.0, deadline=deadline)
    assert operation.calls == 1


@both
@pytest.mark.parametrize(
    ("seconds", "budget", "calls"), [(5.0, 15.0, 2), (4.0, 15.0, 3), (8.0, 15.0, 1), (1.0, 15.0, 3)]
)
def test_no_attempt_begins_that_would_not_end_in_time(call: Call, seconds: float, budget: float, calls: int) -> None:
    """What is known is told in time, and not that the deadline has passed."""
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    operation = Flaky(failures=9)

    def slow() -> str:
        clock.advance(timedelta(seconds=seconds))
        return operation()

    deadline = Deadline.after(budget, clock)
    with pytest.raises(ConnectionError, match=f"attempt {calls}"):
        call(slow, retry_on=passing, attempts=3, first_wait=0.001, deadline=deadline)
    assert operation.calls == calls
    assert not deadline.expired
