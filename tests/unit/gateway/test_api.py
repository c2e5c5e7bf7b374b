"""Answers on their way back to the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from services.gateway.api import Passing, _response
from services.gateway.ports.transport import Answer, NoAnswer

SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}}
HEADERS = [(b"Content-Type", b"text/plain"), (b"X-Trace-Id", b"t"), (b"X-Name", b"M\xc3\xbc\xff"), (b"Date", b"d")]


class Coming:
    """An answer whose parts a test hands out."""

    def __init__(self, *parts: bytes | Exception, complete: bool = False) -> None:
        self.status = 200
        self.headers = list(HEADERS)
        self.complete = complete
        self.closed = False
        self.more: asyncio.Event | None = None
        self._parts = parts

    async def read(self) -> bytes:
        return b"".join(part for part in self._parts if isinstance(part, bytes))

    async def chunks(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            yield part
        if self.more is not None:
            await self.more.wait()

    def close(self) -> None:
        self.closed = True


class Client:
    """The other side, which stays, or goes after the first part of the body."""

    def __init__(self, *, leaves: bool = False) -> None:
        self.leaves = leaves
        self.got: list[dict[str, Any]] = []
        self._gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.got.append(message)
        if self.leaves and message.get("body"):
            self._gone.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)


async def passed_on(answer: Coming, client: Client) -> None:
    response = await _response(cast(Answer, answer))
    await response(SCOPE, client.receive, client.send)


@pytest.mark.parametrize("complete", [True, False])
def test_body_and_headers_arrive_as_they_were(complete: bool) -> None:
    async def story() -> None:
        answer, client = Coming(b"one", b"two", complete=complete), Client()
        await passed_on(answer, client)
        assert client.body == b"onetwo"
        assert client.got[0]["headers"] == [(b"content-type", b"text/plain"), (b"x-name", b"M\xc3\xbc\xff")]
        assert answer.closed is not complete

    asyncio.run(story())


def test_when_the_client_goes_the_answer_is_given_up() -> None:
    async def story() -> None:
        answer, client = Coming(b"one"), Client(leaves=True)
        answer.more = asyncio.Event()
        await asyncio.wait_for(passed_on(answer, client), 10)
        assert answer.closed

    asyncio.run(story())


def test_an_answer_that_breaks_off_breaks_off_for_the_client_too() -> None:
    async def story() -> None:
        answer, client = Coming(b"one", NoAnswer("reset")), Client()
        with pytest.raises(NoAnswer):
            await passed_on(answer, client)
        assert answer.closed
        assert client.got[-1] == {"type": "http.response.body", "body": b"one", "more_body": True}

    asyncio.run(story())


def test_an_answer_is_given_up_also_when_nothing_of_it_could_be_sent() -> None:
    async def story() -> None:
        answer = Coming(b"one")

        async def gone(_message: Any) -> None:
            raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            await Passing(cast(Answer, answer))(SCOPE, Client().receive, gone)
        assert answer.closed

    asyncio.run(story())


def test_when_the_client_goes_or_is_hung_up_on_its_share_is_given_back() -> None:
    answer, client = Coming(b"part"), Client(leaves=True)
    given_back: list[str] = []

    async def story() -> None:
        answer.more = asyncio.Event()
        response = await _response(cast(Answer, answer))
        assert isinstance(response, Passing)
        response.share.callback(given_back.append, "share")
        await asyncio.wait_for(response(SCOPE, client.receive, client.send), 5.0)

    asyncio.run(story())
    assert (answer.closed, given_back) == (True, ["share"])
