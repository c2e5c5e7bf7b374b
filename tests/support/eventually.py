"""Wait for something that happens soon, by asking; never by sleeping blindly."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = float(os.environ.get("OMNICLOUD_PATIENCE") or 1)
"""A factor on all waits, for machines with much other work: the fleet's own starts heed it as well."""

SHARE = 0.15
"""The longer it takes, the more rarely it is asked, so that asking doesn't slow down what is waited for: the answer
comes late by no more than this share of the wait, and by no more than `LONGEST_INTERVAL` seconds."""
LONGEST_INTERVAL = 0.25


def eventually(probe: Callable[[], T], timeout: float = 10.0, interval: float = 0.02) -> T:
    """The first true result of `probe`, which is asked every `interval` seconds at most and more rarely with time.
    AssertionErrors of the probe count as "not yet".

    After `timeout` seconds, times `PATIENCE`, the probe's last AssertionError is raised, or one that shows its last
    result.
    """
    timeout *= PATIENCE
    began = time.monotonic()
    while True:
        try:
            result = probe()
            if result:
                return result
            failure = AssertionError(f"not true within {timeout:g} s; the last result was {result!r}")
        except AssertionError as error:
            failure = error
        passed = time.monotonic() - began
        if passed >= timeout:
            raise failure
        time.sleep(max(interval, min(SHARE * passed, LONGEST_INTERVAL)))
