"""Gradings of several sessions, one after another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from environment.grading.errors import Stopped

LOOK_SECONDS = 0.1
"""How often who waits looks whether it shall still wait."""


class Turns:
    """One turn at a time; who has it may take it again.

    A grading takes as many fleets as the machine bears and would starve beside another one. And two that measure the
    same untouched tree would write one file: documents are written under a name that only tells processes apart.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    @contextmanager
    def turn(self, ended: threading.Event) -> Iterator[None]:
        """Wait for it. Raises `Stopped` when `ended` is set meanwhile."""
        while not self._lock.acquire(timeout=LOOK_SECONDS):
            if ended.is_set():
                raise Stopped("The session ended while it waited for its turn.")
        try:
            yield
        finally:
            self._lock.release()
