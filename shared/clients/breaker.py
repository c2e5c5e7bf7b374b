"""The circuit breaker: stop calling an upstream that fails, and find out with a single call when it is back.

Source: Nygard, "Release It!", second edition, chapter 5.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum


class BreakerState(StrEnum):
    """Closed lets calls through, open refuses them, half-open lets one probe through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


def counts_as_failure(status: int) -> bool:
    """Whether an answer counts against the upstream: 5xx does. A 4xx is the caller's fault, not the upstream's."""
    return status >= 500


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row, probes after `open_seconds`. Safe to share between threads.

    `monotonic` gives seconds that never go backwards.
    """

    def __init__(self, failure_threshold: int, open_seconds: float, monotonic: Callable[[], float]) -> None:
        self._failure_threshold = failure_threshold
        self._open_seconds = open_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._probe_at = 0.0
        """When the next probe may go: while open, the end of the pause; while half-open, when the probe is overdue."""

    @property
    def state(self) -> BreakerState:
        """The present state; an open breaker whose pause is over stays open until somebody asks to call."""
        with self._lock:
            return self._state

    def retry_after(self) -> float:
        """Seconds until a call may be let through; 0 when closed."""
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return 0.0
            return max(0.0, self._probe_at - self._monotonic())

    def allow(self) -> bool:
        """Ask to call. Whoever is told yes reports `record_success` or `record_failure`.

        Of those who ask once the pause is over one alone is told yes. Should it never report, another may probe after
        as long a pause again.
        """
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return True
            now = self._monotonic()
            if now < self._probe_at:
                return False
            self._state = BreakerState.HALF_OPEN
            self._probe_at = now + self._open_seconds
            return True

    def record_success(self) -> None:
        """The upstream answered: closed, and the count of failures begins anew.

        While open this is the late answer to a call from before, which says nothing of the present.
        """
        with self._lock:
            if self._state is BreakerState.OPEN:
                return
            self._state = BreakerState.CLOSED
            self._failures = 0

    def record_failure(self) -> None:
        """The upstream failed: a probe opens the breaker again at once, other calls when it was one too many."""
        with self._lock:
            self._failures += 1
            if self._state is BreakerState.HALF_OPEN or self._failures >= self._failure_threshold:
                self._state = BreakerState.OPEN
                self._probe_at = self._monotonic() + self._open_seconds
