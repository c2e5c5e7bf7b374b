"""One transaction a mutating request, in as few changes of thread as there can be.

Each change of thread costs as much as a small query, so an end point's call, its answer's making and the commit are
one piece of work in one thread. What has to run before and after such a piece has threads of its own: those that wait
for a lock can't keep the one who holds it from beginning or ending.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import TypeAdapter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.responses import Response

from shared.infra.db.sqlalchemy import SessionFactory
from shared.kernel.context import current
from shared.web import idempotency
from shared.web.edge import etag_of

T = TypeVar("T")

BEGINNING, ENDING = CapacityLimiter(20), CapacityLimiter(8)
"""Threads for claims of idempotency keys, which wait for the key's holder, and for what ends a transaction."""


class UnitOfWork:
    """The session of one request, opened when it is first used. `key` is the request's idempotency key."""

    def __init__(self, sessions: SessionFactory | None, key: str | None = None) -> None:
        self._sessions = sessions
        self._session: Session | None = None
        self._key = key
        self.answered = False

    @property
    def session(self) -> Session:
        """The request's session. Its transaction begins with the first statement."""
        if self._session is None:
            if self._sessions is None:
                raise RuntimeError("this service has no database")
            self._session = self._sessions()
        return self._session

    @property
    def open(self) -> bool:
        """Whether there is a session to end."""
        return self._session is not None

    def cursor(self) -> Any:
        """A DB-API cursor inside the session's transaction."""
        return self.session.connection().connection.cursor()

    def begin(self, fingerprint: str) -> idempotency.SavedAnswer | None:
        """Claim the idempotency key, or return what was answered under it before."""
        assert self._key is not None
        caller = current().caller
        self._key = idempotency.kept_key(caller, self._key)
        return idempotency.begin(self.cursor(), caller.tenant_id, self._key, fingerprint)

    def answer(self, response: Response) -> None:
        """Commit what led to a success, and with it the answer where it may be asked for again; undo the rest."""
        self.answered = True
        if response.status_code >= 400:
            self.rollback()
            return
        _add_etag(response)
        if self._key is not None:
            idempotency.complete(
                self.cursor(),
                current().tenant_id,
                self._key,
                response.status_code,
                response.headers,
                bytes(response.body),
            )
        self.commit()

    def commit(self) -> None:
        """Make the request's changes and its outbox rows durable together."""
        if self._session is not None:
            self._session.commit()
            self._session.close()
            self._session = None

    def rollback(self) -> None:
        """Undo everything the request did. A connection that is gone has undone it already."""
        if self._session is not None:
            try:
                self._session.rollback()
                self._session.close()
            except DBAPIError:
                self._session.invalidate()
            self._session = None


def _add_etag(response: Response) -> None:
    content = getattr(response, "body", b"")
    if content and b'"version"' in content and "etag" not in response.headers:
        tag = etag_of(json.loads(content))
        if tag:
            response.headers["ETag"] = tag


present: ContextVar[UnitOfWork | None] = ContextVar("omnicloud_unit_of_work", default=None)
"""The unit of work of the request that is answered here."""


async def beginning(work: Callable[[], T]) -> T:
    """Run what comes before an end point in a thread."""
    return await to_thread.run_sync(work, limiter=BEGINNING)


async def ending(work: Callable[[], T]) -> T:
    """Run what ends a unit of work in a thread."""
    return await to_thread.run_sync(work, limiter=ENDING)


class WholeEndpoint:
    """An end point that makes its answer by the response model and ends the unit of work before it returns.

    What isn't of the model's kind, or has no model, is left to the framework: then the unit of work is still open.
    """

    def __init__(self, endpoint: Callable[..., Any]) -> None:
        self._endpoint = endpoint
        self._adapter: TypeAdapter[Any] | None = None
        self._status = 200

    def answers_with(self, model: Any, status: int | None) -> None:
        """What every result of the end point becomes."""
        self._adapter = TypeAdapter(model)
        self._status = status or 200

    def __call__(self, **values: Any) -> Any:
        unit = present.get()
        try:
            result = self._response(self._endpoint(**values))
            if unit is not None and isinstance(result, Response):
                unit.answer(result)
        except BaseException:
            if unit is not None:
                unit.rollback()
            raise
        return result

    def _response(self, result: Any) -> Any:
        """The answer in the bytes that the framework would make of the result."""
        if isinstance(result, Response) or self._adapter is None:
            return result
        value = self._adapter.validate_python(result, from_attributes=True)
        return Response(self._adapter.dump_json(value, by_alias=True), self._status, media_type="application/json")


def whole(endpoint: Callable[..., Any]) -> tuple[Callable[..., Any], WholeEndpoint]:
    """The end point as a function with the same signature, and what it is made of."""
    made = WholeEndpoint(endpoint)

    @functools.wraps(endpoint)
    def run(**values: Any) -> Any:
        return made(**values)

    return run, made
