"""The time that unit tests are at."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.utils.clock import FixedClock

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def standing_clock() -> FixedClock:
    """A clock that stands at `NOW` until a test moves it."""
    return FixedClock(NOW)
