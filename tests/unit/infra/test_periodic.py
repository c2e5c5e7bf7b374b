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


def test_the_interval_follows_what_the_work_has_seen() -> None:
    busy = [True, True, False]
    calls = threading.Semaphore(0)

    def work() -> None:
        busy.pop(0)
        calls.release()

    loop = Periodic("test", lambda: 0.01 if busy and busy[0] else HOUR, work)
    loop.start()
    assert calls.acquire(timeout=SOON)
    assert calls.acquire(timeout=SOON)
    assert not calls.acquire(timeout=0.2)
    loop.stop()


def test_the_pause_after_a_failure_may_be_shorter_than_usual() -> None:
    done = threading.Event()
    failures = [ServiceUnavailable("away")]

    def work() -> None:
        if failures:
            raise failures.pop()
        done.set()

    loop = Periodic("test", HOUR, work, retry_seconds=0.01)
    loop.start()
    assert done.wait(SOON)
    loop.stop()
