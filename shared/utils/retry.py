"""One retry policy: capped exponential back-off with full jitter, inside a deadline.

Full jitter spreads simultaneous retries (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_any, wait_random_exponential
from tenacity.stop import stop_base

from shared.utils.deadline import Deadline

T = TypeVar("T")


class _StopAtDeadline(stop_base):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Whether the wait before the next attempt would use up what is left."""
        return retry_state.upcoming_sleep >= self._deadline.remaining()


def call_with_retry(
    operation: Callable[[], T],
    *,
    retry_on: Callable[[BaseException], bool],
    attempts: int = 4,
    first_wait: float = 0.05,
    max_wait: float = 2.0,
    deadline: Deadline | None = None,
) -> T:
    """Call until it works, the attempts or the deadline are used up, or an error isn't worth retrying.

    Waits are in seconds. The last error is raised as it is.
    """
    stops = [stop_after_attempt(attempts)]
    stop = stop_any(*stops, _StopAtDeadline(deadline)) if deadline else stops[0]
    retrying = Retrying(
        retry=retry_if_exception(retry_on),
        wait=wait_random_exponential(multiplier=first_wait, max=max_wait),
        stop=stop,
        reraise=True,
    )
    return retrying(operation)
