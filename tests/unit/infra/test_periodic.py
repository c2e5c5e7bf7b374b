"""Work that is done again and again."""

from __future__ import annotations

import threading

import pytest

from shared.errors import ServiceUnavailable
from shared.infra import periodic
from shared.infra.periodic import Periodic

HOUR = 3600.0
SOON = 10.0


@pytest.mark.parametrize("failure", [ServiceUnavailable("away"), RuntimeError("a fault")])
def test_what_failed_is_tried_again_long_before_the_next_interval(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "RETRY_SECONDS", 0.01)
    done = threading.Event()
    failures = [failure]

    def work() -> None:
        if failures:
            raise failures.pop()
        done.set()

    loop = Periodic("test", HOUR, work)
    loop.start()
    assert done.wait(SOON)
    loop.stop()


def test_a_poke_does_not_wait_for_the_interval() -> None:
    calls = threading.Semaphore(0)
    loop = Periodic("test", HOUR, calls.release)
    loop.start()
    assert calls.acquire(timeout=SOON)
    loop.poke()
    assert calls.acquire(timeout=SOON)
    loop.stop()
