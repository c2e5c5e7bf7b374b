"""Work that is done again and again from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.kernel.logs import logger

log = logger("shared.periodic")


class Periodic:
    """Calls `work` every `interval_seconds`, or sooner when it is poked; a failure is logged and tried again."""

    def __init__(self, name: str, interval_seconds: float, work: Callable[[], object]) -> None:
        self._name = name
        self._interval = interval_seconds
        self._work = work
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin with a first call at once."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the present call."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def poke(self) -> None:
        """Call soon, without waiting for the interval."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._work()
            except Exception:
                log.exception("periodic work failed; it is tried again", work=self._name)
            self._wake.wait(self._interval)
            self._wake.clear()
