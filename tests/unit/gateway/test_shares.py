"""How much of the gateway one caller has at a time."""

import asyncio
from contextlib import AsyncExitStack, ExitStack

import pytest

from services.gateway.ports import shares as ports
from services.gateway.ports.shares import Shares
from shared.errors import TooManyRequests


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "PATIENCE_SECONDS", 0.1)


def test_one_callers_requests_leave_room_for_anothers() -> None:
    async def story() -> None:
        shares = Shares(2, 100)
        async with AsyncExitStack() as under_way:
            for _ in range(2):
                await under_way.enter_async_context(shares.taken("t-1"))
            with pytest.raises(TooManyRequests) as refused:
                await under_way.enter_async_context(shares.taken("t-1"))
            assert (refused.value.code, refused.value.headers) == ("rate_limited", {"Retry-After": "1"})
            await under_way.enter_async_context(shares.taken("t-2"))
        async with shares.taken("t-1"):
            pass

    asyncio.run(story())


def test_a_crowd_that_begins_at_once_is_served() -> None:
    async def story() -> None:
        shares = Shares(256, 100)

        async def one() -> None:
            async with shares.taken("t-1"):
                await asyncio.sleep(0)

        await asyncio.gather(*(one() for _ in range(400)))

    asyncio.run(story())


def test_a_request_that_fails_gives_its_share_back() -> None:
    async def story() -> None:
        shares = Shares(1, 100)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                async with shares.taken("t-1"):
                    raise ZeroDivisionError

    asyncio.run(story())


def test_one_callers_bodies_leave_room_for_anothers() -> None:
    shares = Shares(10, 100)
    with ExitStack() as under_way:
        for _ in range(2):
            under_way.enter_context(shares.room("t-1", known=True))(50, 0)
        with pytest.raises(TooManyRequests) as refused, shares.room("t-1", known=True) as reaches:
            reaches(1, 1)
        assert refused.value.headers == {"Retry-After": "1"}
        with shares.room("t-2", known=True) as reaches:
            reaches(100, 100)
    with shares.room("t-1", known=True) as reaches:
        reaches(100, 100)


def test_a_body_of_unknown_size_takes_its_room_as_it_grows() -> None:
    shares = Shares(10, 100)
    with shares.room("t-1", known=True) as one, shares.room("t-1", known=True) as another:
        for size in (30, 60, 60):
            one(size, size)
        another(40, 40)
        with pytest.raises(TooManyRequests):
            one(61, 61)


def test_a_body_that_is_refused_gives_its_room_back() -> None:
    shares = Shares(10, 100)
    for _ in range(2):
        with shares.room("t-1", known=True) as reaches:
            reaches(99, 0)
            with pytest.raises(TooManyRequests):
                reaches(101, 1)


def test_those_without_a_token_leave_room_for_those_with_one_however_many_addresses_they_have() -> None:
    shares = Shares(10, 100)
    for _ in range(2):
        with ExitStack() as under_way:
            for number in range(ports.STRANGERS_TOGETHER):
                under_way.enter_context(shares.room(f"203.0.113.{number}", known=False))(100, 100)
            with pytest.raises(TooManyRequests), shares.room("198.51.100.1", known=False) as reaches:
                reaches(1, 1)
            with shares.room("t-1", known=True) as reaches:
                reaches(100, 100)


def test_what_those_without_a_token_only_declare_takes_no_room_of_others() -> None:
    shares = Shares(10, 100)
    with ExitStack() as under_way:
        for number in range(2 * ports.STRANGERS_TOGETHER):
            under_way.enter_context(shares.room(f"203.0.113.{number}", known=False))(100, 1)
