"""The clock port. Rules get the time passed in; only the composition root knows a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Wall time for what people read, monotonic time for what must not jump."""

    def now(self) -> datetime:
        """The present time, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go backwards."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SteppedClock:
    """The machine's clock plus the seconds written in a file, so that a drill can step a whole fleet's clock.

    A missing or empty file steps nothing. Monotonic time isn't stepped, as on a real machine.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def monotonic(self) -> float:
        return time.monotonic()

    def _offset(self) -> float:
        try:
            text = self._path.read_text().strip()
        except FileNotFoundError:
            return 0.0
        return float(text) if text else 0.0


class FixedClock:
    """A clock for tests: stands still until it is advanced."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, delta: timedelta) -> None:
        """Both clocks go forward together."""
        self._now += delta
        self._monotonic += delta.total_seconds()

    def step(self, delta: timedelta) -> None:
        """The wall clock jumps (forwards or backwards); monotonic time doesn't."""
        self._now += delta


def system_clock(clock_file: Path | None) -> Clock:
    """The clock of a process: stepped when a clock file is set, else the machine's."""
    return SteppedClock(clock_file) if clock_file else SystemClock()
