"""When a full sliding window has room again.

The window is approximated by two counters: requests of the present period, and those of the one before, which fade
away evenly over the period (Cloudflare, "How we built rate limiting capable of scaling to millions of domains").
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """The two counters, and the seconds until each of them moves on: the earlier one is forgotten, the present one
    becomes the earlier one."""

    earlier: int
    earlier_ends_in: float
    present: int
    present_ends_in: float


def seconds_until_room(limit: int, period_seconds: float, window: Window) -> float:
    """Seconds until one more request fits under `limit` a period; 0 when it does now.

    A request fits while `floor(earlier * earlier_ends_in / period) + present` is below the limit.
    """
    room = limit - window.present
    if room > 0:
        return _until_below(room, period_seconds, window.earlier, window.earlier_ends_in)
    return window.present_ends_in + _until_below(limit, period_seconds, window.present, period_seconds)


def _until_below(room: int, period_seconds: float, count: int, ends_in: float) -> float:
    """Seconds until a counter that fades away weighs less than `room`."""
    if count * ends_in < room * period_seconds:
        return 0.0
    return ends_in - room * period_seconds / count
