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

MOST_WAITS = 10_000
"""Callers whose waits are kept at a time."""


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
    """A call that a breaker let through. It reports once how it went; as a context manager it is dropped at the end of
    the block unless it has reported.

    What a call reports after the breaker has opened, or closed again, was true of an earlier time and changes nothing.
    """

    def __init__(self, breaker: CircuitBreaker, turn: int, asker: str) -> None:
        self._breaker = breaker
        self._turn = turn
        self._asker = asker
        self._reported = False

    def __enter__(self) -> Call:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._reported:
            self.dropped()

    def succeeded(self) -> None:
        """The upstream answered."""
        self._reported = True
        self._breaker._succeeded(self._turn)

    def failed(self, caller: str = "") -> None:
        """The upstream failed. `caller` is whose request it was, where the request itself might be the reason; without
        one it is certainly the upstream's fault, as when no connection came about."""
        self._reported = True
        self._breaker._failed(self._turn, caller, self._asker)

    def dropped(self) -> None:
        """It ended before anything could be said of the upstream, as when its own time was too short."""
        self._reported = True
        self._breaker._dropped(self._turn, self._asker)


class CircuitBreaker:
    """Opens after `failure_threshold` failures in a row, probes after `open_seconds`. Safe to share between threads.

    Failures that all happened to one caller open it only if none of them can be the fault of that caller's requests:
    nobody can close an upstream to others. Nor keep it closed to them: a caller whose probe has ended without a
    verdict, or is overdue, waits a pause for the next, while all others may probe. `monotonic` gives seconds that never
    go backwards.
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
        """When the next probe may go: while open, the end of the pause; while half-open, when the probe is overdue, or
        a time that is over."""
        self._prober = ""
        """Whose probe is out; empty where nobody's is, or nobody said whose."""
        self._waits: dict[str, float] = {}
        """Until when callers get no other probe."""

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

    def allow(self, caller: str = "") -> Call | None:
        """A call that may be made now, or None. `caller` is whose request it would be, where that is known.

        Of those who ask once the pause is over one alone gets one. Should it never report, another may probe after as
        long a pause again.
        """
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return Call(self, self._turn, caller)
            now = self._monotonic()
            if now < self._probe_at:
                return None
            if self._state is BreakerState.OPEN:
                self._waits.clear()
            self._wait(self._prober, self._probe_at)
            if now < self._waits.get(caller, 0.0):
                return None
            self._enter(BreakerState.HALF_OPEN)
            self._probe_at, self._prober = now + self._open_seconds, caller
            return Call(self, self._turn, caller)

    def _succeeded(self, turn: int) -> None:
        """Closed, and the count of failures begins anew."""
        with self._lock:
            if turn != self._turn:
                return
            if self._state is not BreakerState.CLOSED:
                self._enter(BreakerState.CLOSED)
            self._failures = self._certain = 0
            self._callers.clear()

    def _failed(self, turn: int, caller: str, asker: str) -> None:
        """A probe opens the breaker again at once when it is certainly the upstream's fault, or not this caller's
        alone; other calls when it was one too many."""
        with self._lock:
            if turn != self._turn:
                return
            self._failures += 1
            if caller:
                self._callers.add(caller)
            else:
                self._certain += 1
            if self._failed_probe() if self._state is BreakerState.HALF_OPEN else self._too_many():
                self._enter(BreakerState.OPEN)
                self._failures = self._certain = 0
                self._callers.clear()
                self._probe_at, self._prober = self._monotonic() + self._open_seconds, ""
            elif self._state is BreakerState.HALF_OPEN:
                self._give_back(asker or caller)

    def _dropped(self, turn: int, asker: str) -> None:
        """Another may probe at once."""
        with self._lock:
            if turn == self._turn and self._state is BreakerState.HALF_OPEN:
                self._give_back(asker)

    def _give_back(self, caller: str) -> None:
        """The place of a probe that has ended without a verdict; this caller's next one comes a pause later."""
        self._enter(BreakerState.HALF_OPEN)
        self._probe_at, self._prober = self._monotonic(), ""
        self._wait(caller, self._probe_at)

    def _wait(self, caller: str, since: float) -> None:
        if len(self._waits) >= MOST_WAITS:
            now = self._monotonic()
            self._waits = {each: until for each, until in self._waits.items() if until > now}
        if caller and len(self._waits) < MOST_WAITS:
            self._waits[caller] = since + self._open_seconds

    def _failed_probe(self) -> bool:
        return self._certain > 0 or len(self._callers) >= CALLERS

    def _too_many(self) -> bool:
        if self._certain >= self._failure_threshold:
            return True
        return self._failures >= self._failure_threshold and len(self._callers) + min(self._certain, 1) >= CALLERS

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._turn += 1
