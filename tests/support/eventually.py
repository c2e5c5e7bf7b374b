"""Wait for something that happens soon, by asking; never by sleeping blindly."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(probe: Callable[[], T], timeout: float = 10.0, interval: float = 0.02) -> T:
    """The first true result of `probe`. AssertionErrors of the probe count as "not yet".

    After `timeout` seconds the probe's last AssertionError is raised, or one that shows its last result.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            result = probe()
            if result:
                return result
            failure = AssertionError(f"not true within {timeout:g} s; the last result was {result!r}")
        except AssertionError as error:
            failure = error
        if time.monotonic() >= deadline:
            raise failure
        time.sleep(interval)
