"""One retry policy: capped exponential back-off with full jitter, inside a deadline.

Full jitter spreads simultaneous retries (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_any,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from shared.utils.deadline import Deadline

T = TypeVar("T")


class _Pace(stop_base):
    """Ends the attempts when another that takes as long as the last one would not end in time: what is known by then is
    worth more than to have nothing at the deadline."""

    def __init__(self, deadline: Deadline | None) -> None:
        self._deadline = deadline
        self._began = self._took = 0.0

    def begin(self) -> None:
        """An attempt begins."""
        if self._deadline is not None:
            self._began = self._deadline.clock.monotonic()

    def end(self) -> None:
        """It has failed."""
        if self._deadline is not None:
            self._took = self._deadline.clock.monotonic() - self._began

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Whether to stop."""
        return self._deadline is not None and retry_state.upcoming_sleep + self._took >= self._deadline.remaining()


def call_with_retry(
    operation: Callable[[], T],
    *,
    retry_on: Callable[[BaseException], bool],
    attempts: int = 4,
    first_wait: float = 0.05,
    max_wait: float = 2.0,
    deadline: Deadline | None = None,
) -> T:
    """Call until it works, the attempts are used up, the deadline leaves no time for another one, or an error isn't
    worth retrying.

    Waits are in seconds. The last error is raised as it is.
    """
    pace = _Pace(deadline)
    pace.begin()
    try:
        return operation()  # Most calls end here, without the making of a policy.
    except Exception as error:
        pace.end()
        if not retry_on(error):
            raise
        failed = [error]

    def attempt() -> T:
        if failed:
            raise failed.pop()
        pace.begin()
        try:
            return operation()
        finally:
            pace.end()

    return Retrying(**_rules(retry_on, attempts, first_wait, max_wait, pace))(attempt)


async def call_with_retry_async(
    operation: Callable[[], Awaitable[T]],
    *,
    retry_on: Callable[[BaseException], bool],
    attempts: int = 4,
    first_wait: float = 0.05,
    max_wait: float = 2.0,
    deadline: Deadline | None = None,
) -> T:
    """`call_with_retry` for what is awaited: it waits without holding up the event loop."""
    pace = _Pace(deadline)
    pace.begin()
    try:
        return await operation()
    except Exception as error:
        pace.end()
        if not retry_on(error):
            raise
        failed = [error]

    async def attempt() -> T:  # tenacity awaits what is declared as a coroutine function, not what returns one.
        if failed:
            raise failed.pop()
        pace.begin()
        try:
            return await operation()
        finally:
            pace.end()

    return await AsyncRetrying(**_rules(retry_on, attempts, first_wait, max_wait, pace))(attempt)


def _rules(
    retry_on: Callable[[BaseException], bool],
    attempts: int,
    first_wait: float,
    max_wait: float,
    pace: _Pace,
) -> dict[str, Any]:
    """The policy as tenacity takes it, the same for threads and for coroutines."""
    return {
        "retry": retry_if_exception(retry_on),
        "wait": wait_random_exponential(multiplier=first_wait, max=max_wait),
        "stop": stop_any(stop_after_attempt(attempts), pace),
        "reraise": True,
    }
