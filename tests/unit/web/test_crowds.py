"""Of one tenant's requests so many are answered at once; the others wait, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from shared.infra.bulkhead import TooManyAtOnce
from shared.web.crowds import Crowds

SECONDS = 10.0
"""Far more than anything here takes."""


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, SECONDS))


class Visit:
    """A request that is inside until it is let go."""

    def __init__(self, crowds: Crowds, tenant: str) -> None:
        self.inside = asyncio.Event()
        self.let_go = asyncio.Event()
        self.task = asyncio.create_task(self._come(crowds, tenant))

    async def _come(self, crowds: Crowds, tenant: str) -> None:
        async with crowds.turn(tenant):
            self.inside.set()
            await self.let_go.wait()


async def settled() -> None:
    """Whatever can go on has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_who_came_first_has_the_next_turn_and_other_tenants_have_theirs_at_once() -> None:
    async def test() -> None:
        crowds = Crowds(at_once=2, patience_seconds=SECONDS)
        visits = [Visit(crowds, "a") for _ in range(4)]
        other = Visit(crowds, "b")
        await settled()
        assert [visit.inside.is_set() for visit in visits] == [True, True, False, False]
        assert other.inside.is_set()

        visits[1].let_go.set()
        await settled()

        assert [visit.inside.is_set() for visit in visits] == [True, True, True, False]
        for visit in (*visits, other):
            visit.let_go.set()
        await asyncio.gather(*(visit.task for visit in (*visits, other)))
        assert not crowds._inside
        assert not crowds._waiting

    run(test())


def test_whose_turn_does_not_come_is_told_to_come_again_and_is_in_nobodys_way() -> None:
    async def test() -> None:
        crowds = Crowds(at_once=1, patience_seconds=0.05)
        first, second = Visit(crowds, "a"), Visit(crowds, "a")
        with pytest.raises(TooManyAtOnce) as refused:
            await second.task
        assert refused.value.headers["Retry-After"] == "1"

        first.let_go.set()
        await first.task

        async with crowds.turn("a"):
            pass

    run(test())


@pytest.mark.parametrize("turn_has_come", [False, True])
def test_whoever_goes_while_waiting_leaves_the_turn_to_the_next(turn_has_come: bool) -> None:
    async def test() -> None:
        crowds = Crowds(at_once=1, patience_seconds=SECONDS)
        first, gone, last = (Visit(crowds, "a") for _ in range(3))
        await settled()
        if turn_has_come:
            first.let_go.set()
            await first.task
        gone.task.cancel()
        gone.let_go.set()
        await asyncio.gather(gone.task, return_exceptions=True)
        first.let_go.set()

        await last.inside.wait()
        last.let_go.set()
        await last.task
        assert not crowds._inside

    run(test())


def test_a_failure_inside_ends_the_turn() -> None:
    async def test() -> None:
        crowds = Crowds(at_once=1, patience_seconds=SECONDS)
        with pytest.raises(ZeroDivisionError):
            async with crowds.turn("a"):
                _ = 1 // 0
        async with crowds.turn("a"):
            pass

    run(test())
