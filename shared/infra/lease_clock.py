"""How long a lease is certainly ours. Monotonic time only: a stepped wall clock neither expires nor revives a lease."""

from __future__ import annotations

import threading

from shared.utils.clock import Clock, SystemClock

_SYSTEM = SystemClock()

MARGIN_SHARE = 0.1
"""Part of a TTL that is given up for safety: clocks of two machines tick at slightly different rates."""


class LeaseClock:
    """The holder's own view of its lease, which always ends before the server's view does.

    The server counts the TTL from when a renewal arrives, the holder from when it was *sent*, and the holder stops a
    margin earlier. Between the two views nobody holds the lease; at no time do two.
    """

    def __init__(self, ttl: float, clock: Clock = _SYSTEM, margin: float | None = None) -> None:
        if ttl <= 0:
            raise ValueError(f"a lease lasts longer than {ttl} seconds")
        self.ttl = ttl
        self.margin = ttl * MARGIN_SHARE if margin is None else margin
        self._clock = clock
        self._expires_at = float("-inf")
        self._ended = False
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time to hand to `renewed`, read before the renewal is sent."""
        return self._clock.monotonic()

    def renewed(self, sent_at: float) -> None:
        """The server confirmed a renewal that was sent at `sent_at`; a late answer to an old one changes nothing."""
        with self._lock:
            self._expires_at = max(self._expires_at, sent_at + self.ttl - self.margin)

    def end(self) -> None:
        """The lease is known to be over, or was given back; nothing revives it."""
        with self._lock:
            self._ended = True

    def alive(self) -> bool:
        """Whether the lease is certainly still ours."""
        return self.remaining() > 0.0

    def remaining(self) -> float:
        """Seconds for which it is certainly ours; 0.0 when it isn't."""
        with self._lock:
            return 0.0 if self._ended else max(0.0, self._expires_at - self.now())
