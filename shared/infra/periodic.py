"""Work that is done again and again from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.errors import OmniCloudError
from shared.kernel.logs import logger

log = logger("shared.periodic")

RETRY_SECONDS = 5.0
"""Pause after a failure, where the interval is longer: what waits for ten minutes shouldn't wait for twenty."""


class Periodic:
    """Calls `work` every `interval_seconds`, or sooner when it is poked; a failure is logged and tried again.

    Where the work itself knows when it has to be done next, the interval is a function, asked after each call.
    """

    def __init__(
        self,
        name: str,
        interval_seconds: float | Callable[[], float],
        work: Callable[[], object],
        *,
        retry_seconds: float | None = None,
    ) -> None:
        """`retry_seconds` is the pause after a failure, five seconds by default; never longer than the interval."""
        self._name = name
        self._retry = RETRY_SECONDS if retry_seconds is None else retry_seconds
        self._interval = interval_seconds if callable(interval_seconds) else lambda: interval_seconds
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
            worked, interval = self._worked(), self._interval()
            self._wake.wait(interval if worked else min(interval, self._retry))
            self._wake.clear()

    def _worked(self) -> bool:
        """One call; whether it succeeded. A dependency's refusal is a line in the log, anything else a traceback."""
        try:
            self._work()
        except OmniCloudError as error:
            log.warning("periodic work failed; it is tried again", work=self._name, reason=error.detail)
            return False
        except Exception:
            log.exception("periodic work failed; it is tried again", work=self._name)
            return False
        return True
