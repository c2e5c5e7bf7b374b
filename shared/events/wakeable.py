"""A thread that waits on a descriptor and is woken from there when it is to end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

STOP_SECONDS = 5.0


class WakeableThread:
    """Runs `work`, which returns soon after `stop`: `stopping` says so then, and `wake` is readable."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stopping(self) -> bool:
        """Whether the work is to end."""
        return self._stop.is_set()

    @property
    def wake(self) -> int:
        """The descriptor that becomes readable when the work is to end."""
        return self._read

    def rest(self, seconds: float) -> None:
        """Wait, but no longer than until the work is to end."""
        self._stop.wait(seconds)

    def start(self) -> None:
        """Begin; returns at once."""
        self._read, self._write = os.pipe()
        self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have the work end, and wait for that a little. Nothing where it was never begun."""
        if self._thread is None:
            return
        self._stop.set()
        os.write(self._write, b"\0")
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            os.close(self._read)
            os.close(self._write)
        self._thread = None
