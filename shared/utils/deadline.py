"""A time budget that is handed down through every call of a request."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import DeadlineExceeded
from shared.utils.clock import Clock, SystemClock

_SYSTEM = SystemClock()


@dataclass(frozen=True)
class Deadline:
    """A point on the monotonic clock. It is made once, at the edge, and only ever gets nearer."""

    at: float
    clock: Clock

    @classmethod
    def after(cls, seconds: float, clock: Clock = _SYSTEM) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(clock.monotonic() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def expired(self) -> bool:
        """Whether nothing is left."""
        return self.remaining() == 0.0

    def check(self) -> None:
        """Raise DeadlineExceeded when nothing is left."""
        if self.expired:
            raise DeadlineExceeded("the request's time budget is used up")

    def sooner(self, seconds: float) -> Deadline:
        """The earlier of this deadline and `seconds` from now."""
        return Deadline(min(self.at, self.clock.monotonic() + seconds), self.clock)
