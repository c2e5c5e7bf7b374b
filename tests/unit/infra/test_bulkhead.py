"""Bulkheads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from shared.infra import bulkhead as module
from shared.infra.bulkhead import Bulkhead, TooManyAtOnce
from shared.kernel.context import service_context
from shared.utils.clock import FixedClock
from shared.utils.deadline import Deadline
from tests.unit.clocks import standing_clock


def enter(bulkhead: Bulkhead, tenant: str, stack: ExitStack, clock: FixedClock) -> None:
    with service_context("storage", tenant, clock):
        stack.enter_context(bulkhead.room())


def test_one_tenant_has_its_share_and_the_others_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_SECONDS", 0)
    bulkhead, clock = Bulkhead("the store", limit=3, share=2), standing_clock()
    with ExitStack() as inside:
        for _ in range(2):
            enter(bulkhead, "t-1", inside, clock)
        with pytest.raises(TooManyAtOnce) as refused:
            enter(bulkhead, "t-1", inside, clock)
        assert refused.value.headers == {"Retry-After": "1"}
        enter(bulkhead, "t-2", inside, clock)
        with pytest.raises(TooManyAtOnce):
            enter(bulkhead, "t-3", inside, clock)


def test_nobody_waits_for_those_who_have_been_inside_for_long() -> None:
    bulkhead, clock = Bulkhead("the store", limit=2, share=1), standing_clock()
    with ExitStack() as inside:
        enter(bulkhead, "t-1", inside, clock)
        clock.advance(timedelta(seconds=3))
        with pytest.raises(TooManyAtOnce):
            enter(bulkhead, "t-1", inside, clock)
        enter(bulkhead, "t-2", inside, clock)


def test_whoever_waits_waits_no_longer_than_the_request_has_time() -> None:
    bulkhead, clock = Bulkhead("the store", limit=1, share=1), standing_clock()
    with ExitStack() as inside:
        enter(bulkhead, "t-1", inside, clock)
        with service_context("storage", "t-1", clock, deadline=Deadline.after(0, clock)), pytest.raises(TooManyAtOnce):
            inside.enter_context(bulkhead.room())


def test_whoever_waits_gets_the_room_that_gets_free() -> None:
    bulkhead, clock = Bulkhead("the store", limit=1, share=1), standing_clock()
    with ThreadPoolExecutor(1) as thread, ExitStack() as outer:
        with ExitStack() as inside:
            enter(bulkhead, "t-1", inside, clock)
            waiting = thread.submit(enter, bulkhead, "t-2", outer, clock)
        waiting.result(timeout=60)


def test_a_room_is_free_again_after_whatever_happened_in_it() -> None:
    bulkhead, clock = Bulkhead("the store", limit=1, share=1), standing_clock()
    for _ in range(3):
        with service_context("storage", "t-1", clock), pytest.raises(KeyError), bulkhead.room():
            raise KeyError
    with ExitStack() as inside:
        enter(bulkhead, "t-2", inside, clock)
