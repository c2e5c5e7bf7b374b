"""One transaction a request, and who waits for whom."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel

from shared.web.fastapi import ApiRouter, database
from shared.web.unit_of_work import UnitOfWork

WAITERS = 60


class Lock:
    """A row's lock, which a session takes with its first use and gives back with its end."""

    def __init__(self) -> None:
        self.held = threading.Lock()
        self.waiting = threading.Semaphore(0)


class Session:
    """What a unit of work asks of a session."""

    def __init__(self, log: list[str], lock: Lock | None = None) -> None:
        self._log = log
        self._lock = lock
        self._holds = False

    def take(self) -> None:
        assert self._lock is not None
        self._lock.waiting.release()
        self._lock.held.acquire()
        self._holds = True

    def commit(self) -> None:
        self._end("commit")

    def rollback(self) -> None:
        self._end("rollback")

    def close(self) -> None:
        self._log.append("close")

    def _end(self, how: str) -> None:
        self._log.append(how)
        if self._holds:
            self._holds = False
            assert self._lock is not None
            self._lock.held.release()


class Thing(BaseModel):
    """What the end points answer."""

    name: str
    version: int


def app_of(router: ApiRouter, log: list[str], lock: Lock | None = None) -> FastAPI:
    app = FastAPI()
    app.state.sessions = lambda: Session(log, lock)
    app.router.routes.extend(router.routes)
    return app


async def ask(app: FastAPI, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path)


def test_an_end_point_and_its_commit_are_in_one_thread_and_the_answer_has_its_tag() -> None:
    router = ApiRouter()
    log: list[str] = []
    threads: list[int] = []

    class Watched(Session):
        def commit(self) -> None:
            threads.append(threading.get_ident())
            super().commit()

    @router.post("/things", status_code=201, response_model=Thing)
    def create(session: Any = database()) -> dict[str, Any]:
        threads.append(threading.get_ident())
        return {"name": "Müller", "version": 3, "secret": 1}

    app = app_of(router, log)
    app.state.sessions = lambda: Watched(log)
    answer = asyncio.run(ask(app, "POST", "/v1/things"))
    assert (answer.status_code, answer.headers["etag"]) == (201, '"3"')
    assert answer.content == '{"name":"Müller","version":3}'.encode()
    assert answer.headers["content-type"] == "application/json"
    assert log == ["commit", "close"]
    assert threads[0] == threads[1]


@pytest.mark.parametrize("path", ["/v1/raises", "/v1/refuses", "/v1/is-no-thing"])
def test_what_does_not_succeed_leaves_nothing(path: str) -> None:
    router = ApiRouter()
    log: list[str] = []

    @router.post("/raises", response_model=Thing)
    def raises(session: Any = database()) -> Thing:
        raise ValueError("no")

    @router.post("/refuses")
    def refuses(session: Any = database()) -> Response:
        return Response(status_code=409)

    @router.post("/is-no-thing", response_model=Thing)
    def is_no_thing(session: Any = database()) -> dict[str, str]:
        return {"name": "without a version"}

    assert asyncio.run(ask(app_of(router, log), "POST", path)).status_code in (409, 500)
    assert log == ["rollback", "close"]


def test_an_end_point_without_a_model_and_one_that_is_a_coroutine_commit_too() -> None:
    router = ApiRouter()
    log: list[str] = []

    @router.delete("/things", status_code=204)
    def delete(session: Any = database()) -> None:
        """Nothing to tell."""

    @router.get("/things")
    async def read(session: Any = database()) -> dict[str, int]:
        return {"version": 2}

    app = app_of(router, log)
    assert asyncio.run(ask(app, "DELETE", "/v1/things")).status_code == 204
    answer = asyncio.run(ask(app, "GET", "/v1/things"))
    assert (answer.json(), answer.headers["etag"]) == ({"version": 2}, '"2"')
    assert log == ["commit", "close"] * 2


@pytest.mark.parametrize("model", [None, Thing])
def test_those_who_wait_for_a_lock_do_not_keep_its_holder_from_ending(model: type[Thing] | None) -> None:
    router, lock = ApiRouter(), Lock()
    log: list[str] = []

    @router.post("/things", status_code=200 if model else 204, response_model=model)
    def change(session: Any = database()) -> dict[str, Any] | None:
        session.take()
        if len(log) == 0:  # The first holds it until as many as there are threads wait.
            for _ in range(30):
                lock.waiting.acquire(timeout=10)
        return {"name": "x", "version": 1} if model else None

    async def all_of_them() -> list[int]:
        app = app_of(router, log, lock)
        answers = await asyncio.wait_for(
            asyncio.gather(*(ask(app, "POST", "/v1/things") for _ in range(WAITERS))), timeout=30
        )
        return [answer.status_code for answer in answers]

    assert asyncio.run(all_of_them()) == [200 if model else 204] * WAITERS
    assert log.count("commit") == WAITERS


def test_a_unit_of_work_without_a_database_says_so() -> None:
    with pytest.raises(RuntimeError, match="no database"):
        _ = UnitOfWork(None).session
