"""Bodies in bounded memory."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.errors import PayloadTooLarge
from shared.web.spooling import IN_MEMORY_BYTES, SpooledBody, declared_size


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def spooled(content: bytes, limit: int = 2**30, declared: int | None = None) -> SpooledBody:
    return asyncio.run(SpooledBody(limit).receive(pieces(content, 100_000), declared))


async def joined(body: SpooledBody) -> bytes:
    return b"".join([chunk async for chunk in body.chunks()])


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY_BYTES, IN_MEMORY_BYTES + 1, 3 * IN_MEMORY_BYTES + 7])
def test_a_body_can_be_read_again_and_again(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    with spooled(content) as body:
        assert (body.size, body.in_memory) == (size, size <= IN_MEMORY_BYTES)
        assert [asyncio.run(joined(body)), asyncio.run(joined(body)), body.whole()] == [content] * 3


def test_a_body_that_is_too_large_is_refused_before_it_is_here_when_that_is_told() -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(PayloadTooLarge) as refused:
        asyncio.run(SpooledBody(10, "; send less").receive(never(), 11))
    assert (refused.value.status, refused.value.detail) == (413, "at most 10 bytes; send less")


def test_a_body_that_is_too_large_is_refused_as_soon_as_it_shows() -> None:
    with pytest.raises(PayloadTooLarge):
        spooled(b"x" * 11, limit=10)
    assert spooled(b"x" * 10, limit=10).whole() == b"x" * 10


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("12", 12),
        ("", None),
        (None, None),
        ("-1", None),
        ("²", None),
        ("0" * 30 + "5", 5),
        ("0", 0),
        ("9" * 500, 10**19 - 1),
    ],
)
def test_a_length_is_a_number_or_none(header: str | None, size: int | None) -> None:
    assert declared_size(header) == size


def test_room_in_a_file_is_asked_for_before_it_is_taken() -> None:
    told: list[tuple[int, int]] = []
    with SpooledBody(2**30, in_memory=250_000, reaches=lambda size, here: told.append((size, here))) as body:
        asyncio.run(body.receive(pieces(bytes(400_000), 100_000)))
        assert (told, body.in_memory) == ([(300_000, 300_000), (400_000, 400_000)], False)


def test_what_stays_in_memory_takes_no_room_in_a_file() -> None:
    told: list[tuple[int, int]] = []
    with SpooledBody(2**30, in_memory=400_000, reaches=lambda size, here: told.append((size, here))) as body:
        asyncio.run(body.receive(pieces(bytes(400_000), 100_000), 400_000))
        assert (told, body.in_memory) == ([], True)


def test_a_body_for_which_there_is_no_room_is_not_read() -> None:
    class NoRoom(Exception):
        pass

    def refuse(_size: int, _here: int) -> None:
        raise NoRoom

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    with pytest.raises(NoRoom):
        asyncio.run(SpooledBody(2**30, reaches=refuse).receive(never(), 2**20 + 1))
