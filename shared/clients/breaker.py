"""The circuit breaker: stop calling an upstream that fails, and find out with a single call when it is back.

Source: Nygard, "Release It!", second edition, chapter 5.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum

AWAY_STATUSES = frozenset({502, 503, 504})
"""The upstream, or something behind it, is away for the moment (RFC 9110 §15.6)."""
CALLERS = 2
"""What may be the fault of a request says something of the upstream only when it happens to several callers."""


class BreakerState(StrEnum):
    """Closed lets calls through, open refuses them, half-open lets one probe through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


def counts_as_failure(status: int) -> bool:
    """Whether an answer counts against the upstream: one that says that it is away.

    A 4xx is the caller's fault, and a 500 that of what was asked: the upstream lives, and answers others.
    """
    return status in AWAY_STATUSES


class Call:
    """A call that a breaker let through. It reports once how it went; a call that says nothing is forgotten.

    What a call reports after the breaker has opened, or closed again, was true of an earlier time and changes nothing.
    """

    def __init__(self, breaker: CircuitBreaker, turn: int) -> None:
        self._breaker = breaker
        self._turn = turn

    def succeeded(self) -> None:
        """The upstream answered."""
        self._breaker._succeeded(self._turn)

    def failed(self, caller: str = "") -> None:
        """The upstream failed. `caller` is whose request it was, where the request itself might be the reason; without
        one it is certainly the upstream's fault, as when no connection came about."""
        self._breaker._failed(self._turn, caller)

    def dropped(self) -> None:
        """It ended before anything could be said of the upstream, as when its own time was too short."""
        self._breaker._dropped(self._turn)


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row, probes after `open_seconds`. Safe to share between threads.

    Failures that all happened to one caller open it only if none of them can be the fault of that caller's requests:
    nobody can close an upstream to others. `monotonic` gives seconds that never go backwards.
    """

    def __init__(self, failure_threshold: int, open_seconds: float, monotonic: Callable[[], float]) -> None:
        self._failure_threshold = failure_threshold
        self._open_seconds = open_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._certain = 0
        """Those among the failures that are the upstream's fault for certain."""
        self._callers: set[str] = set()
        self._turn = 0
        """Rises with every change of state and every probe."""
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

    def allow(self) -> Call | None:
        """A call that may be made now, or None.

        Of those who ask once the pause is over one alone gets one. Should it never report, another may probe after as
        long a pause again.
        """
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return Call(self, self._turn)
            now = self._monotonic()
            if now < self._probe_at:
                return None
            self._enter(BreakerState.HALF_OPEN)
            self._probe_at = now + self._open_seconds
            return Call(self, self._turn)

    def _succeeded(self, turn: int) -> None:
        """Closed, and the count of failures begins anew."""
        with self._lock:
            if turn != self._turn:
                return
            if self._state is not BreakerState.CLOSED:
                self._enter(BreakerState.CLOSED)
            self._failures = self._certain = 0
            self._callers.clear()

    def _failed(self, turn: int, caller: str) -> None:
        """A probe opens the breaker again at once, other calls when it was one too many."""
        with self._lock:
            if turn != self._turn:
                return
            self._failures += 1
            if caller:
                self._callers.add(caller)
            else:
                self._certain += 1
            if self._state is BreakerState.HALF_OPEN or self._too_many():
                self._enter(BreakerState.OPEN)
                self._failures = self._certain = 0
                self._callers.clear()
                self._probe_at = self._monotonic() + self._open_seconds

    def _dropped(self, turn: int) -> None:
        """Another may probe at once."""
        with self._lock:
            if turn == self._turn and self._state is BreakerState.HALF_OPEN:
                self._enter(BreakerState.OPEN)
                self._probe_at = self._monotonic()

    def _too_many(self) -> bool:
        if self._certain >= self._failure_threshold:
            return True
        return self._failures >= self._failure_threshold and len(self._callers) + min(self._certain, 1) >= CALLERS

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._turn += 1
