"""Threads that are shared out: nobody's slow work keeps everybody else's waiting, and one key has one worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from shared.infra.workers import Workers

SECONDS = 10.0
"""Far more than anything here takes: a bound for a test that would hang."""


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers("test", threads=4)
    pool.start()
    yield pool
    pool.stop()


class Slow:
    """Work that says when it has begun and goes on until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.done = threading.Semaphore(0)

    def __call__(self) -> None:
        self.begun.release()
        assert self.let_go.wait(SECONDS)
        self.done.release()


def test_a_party_fills_its_share_and_the_others_go_on(workers: Workers) -> None:
    slow, quick = Slow(), threading.Event()
    for number in range(6):
        workers.ask(f"a{number}", {"tenant a": 2, "nimbus": 3}, slow)
    assert slow.begun.acquire(timeout=SECONDS)
    assert slow.begun.acquire(timeout=SECONDS)

    workers.ask("b", {"tenant b": 2, "nimbus": 3}, quick.set)

    assert quick.wait(SECONDS), "a thread is left for others"
    assert not slow.begun.acquire(blocking=False), "no more than a share is at work for one tenant"
    slow.let_go.set()
    for _ in range(6):
        assert slow.done.acquire(timeout=SECONDS)


def test_whoever_is_waited_for_has_a_share_too(workers: Workers) -> None:
    slow, quick = Slow(), threading.Event()
    for tenant in "abc":
        workers.ask(tenant, {f"tenant {tenant}": 1, "a provider that hangs": 2}, slow)
    assert slow.begun.acquire(timeout=SECONDS)
    assert slow.begun.acquire(timeout=SECONDS)

    workers.ask("a second", {"tenant a": 2, "another provider": 2}, quick.set)

    assert quick.wait(SECONDS)
    assert not slow.begun.acquire(blocking=False)
    slow.let_go.set()


def test_what_is_asked_for_again_while_it_waits_is_done_once(workers: Workers) -> None:
    slow, told = Slow(), threading.Semaphore(0)
    done: list[str] = []

    def note(word: str) -> None:
        done.append(word)
        told.release()

    for number in range(2):
        workers.ask(f"a{number}", {"a": 2}, slow)
        assert slow.begun.acquire(timeout=SECONDS)
    for word in ("first", "second", "last"):
        workers.ask("key", {"a": 2}, partial(note, word))
    slow.let_go.set()

    assert told.acquire(timeout=SECONDS)
    workers.ask("after", {"a": 2}, told.release)
    assert told.acquire(timeout=SECONDS)
    assert done == ["last"]


@pytest.mark.parametrize(("again", "times"), [(True, 2), (False, 1)])
def test_what_is_asked_for_while_it_is_done_is_done_once_more_if_that_is_wanted(
    workers: Workers, again: bool, times: int
) -> None:
    slow, told = Slow(), threading.Event()
    workers.ask("key", {"a": 2}, slow)
    assert slow.begun.acquire(timeout=SECONDS)

    workers.ask("key", {"a": 2}, slow, again=again)
    workers.ask("another", {"a": 2}, told.set)

    assert told.wait(SECONDS), "the second one waits, and nobody waits behind it"
    assert not slow.begun.acquire(blocking=False), "nobody works on a key that another works on"
    slow.let_go.set()
    for _ in range(times):
        assert slow.done.acquire(timeout=SECONDS)
    workers.stop()
    assert not slow.done.acquire(blocking=False)


def test_a_failure_ends_neither_its_thread_nor_what_follows() -> None:
    pool, told = Workers("test", threads=1), threading.Event()
    pool.ask("fails", {"a": 2}, lambda: 1 // 0)
    pool.ask("follows", {"a": 2}, told.set)

    pool.start()

    assert told.wait(SECONDS)
    pool.stop()


def test_stopping_lets_go_of_what_nobody_got_to(workers: Workers) -> None:
    slow = Slow()
    for number in range(3):
        workers.ask(f"a{number}", {"a": 2}, slow)
    for _ in range(2):
        assert slow.begun.acquire(timeout=SECONDS)
    slow.let_go.set()

    workers.stop()

    begun = 2 + sum(slow.begun.acquire(blocking=False) for _ in range(1))
    done = sum(slow.done.acquire(timeout=0) for _ in range(3))
    assert begun == done, "what was begun has ended"
