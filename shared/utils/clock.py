"""The clock port. Rules get the time passed in; only the composition root knows a clock."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

MAX_OFFSET_BYTES = 64
"""More than any number of seconds is written with."""


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
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)  # Asked several times a request: no file object.
        except FileNotFoundError:
            return 0.0
        try:
            text = os.read(file, MAX_OFFSET_BYTES).strip()
        finally:
            os.close(file)
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
