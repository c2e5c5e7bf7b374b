"""Places that are waited for in vain."""

from __future__ import annotations

import asyncio

import pytest

from shared.infra.bulkhead import TooManyAtOnce
from shared.utils.clock import SystemClock
from shared.utils.deadline import Deadline
from shared.web.crowds import Crowds


@pytest.mark.parametrize(("at_once", "sent_away"), [(1, 1), (2, 1), (3, 2), (3, 9)])
def test_whoever_was_sent_away_takes_no_place_with_it(at_once: int, sent_away: int) -> None:
    async def visit(crowds: Crowds, end: asyncio.Event) -> None:
        async with crowds.turn("t-1"):
            await end.wait()

    async def test() -> None:
        crowds, end = Crowds(at_once, patience_seconds=0.05), asyncio.Event()
        inside = [asyncio.create_task(visit(crowds, end)) for _ in range(at_once)]
        for _ in range(2):
            waited = [asyncio.create_task(visit(crowds, end)) for _ in range(sent_away)]
            told = await asyncio.gather(*waited, return_exceptions=True)
            assert [type(each) for each in told] == [TooManyAtOnce] * sent_away
        end.set()
        await asyncio.gather(*inside)
        # As many as before have room, all at once.
        opened = asyncio.Event()
        later = [asyncio.create_task(visit(crowds, opened)) for _ in range(at_once)]
        await asyncio.sleep(0.02)
        opened.set()
        assert await asyncio.gather(*later, return_exceptions=True) == [None] * at_once

    asyncio.run(asyncio.wait_for(test(), 10.0))


@pytest.mark.parametrize("first", ["patient", "impatient"])
def test_who_has_more_patience_keeps_its_place_in_the_queue_and_gets_none_that_is_taken(first: str) -> None:
    async def visit(crowds: Crowds, end: asyncio.Event, seconds: float) -> None:
        async with crowds.turn("t-1", Deadline.after(seconds, SystemClock())):
            await end.wait()

    async def test() -> None:
        crowds, end, opened = Crowds(1), asyncio.Event(), asyncio.Event()
        opened.set()
        inside = asyncio.create_task(visit(crowds, end, 60.0))
        await asyncio.sleep(0)
        waiting = {}
        for name in (first, "impatient" if first == "patient" else "patient"):
            waiting[name] = asyncio.create_task(visit(crowds, opened, 60.0 if name == "patient" else 0.05))
            await asyncio.sleep(0)
        with pytest.raises(TooManyAtOnce):
            await waiting["impatient"]
        await asyncio.sleep(0.02)
        assert not waiting["patient"].done()
        end.set()
        await inside
        await waiting["patient"]

    asyncio.run(asyncio.wait_for(test(), 10.0))
