"""The context of one request or one handled event: who, for which tenant, under which correlation id and trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.errors import Unauthenticated
from shared.kernel.identity import Identity
from shared.kernel.tracing import Work, span
from shared.utils.clock import Clock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id

CORRELATION_HEADER = "X-Correlation-Id"
IDEMPOTENCY_HEADER = "Idempotency-Key"
DEADLINE_HEADER = "X-Request-Deadline-Ms"
TRACEPARENT_HEADER = "traceparent"
TRACESTATE_HEADER = "tracestate"
TENANT_ATTRIBUTE = "omnicloud.tenant_id"
BACKGROUND = Work("background work")


class Admission(Protocol):
    """Raises unless an action on a resource of a type, as it will be, may be done in a tenant."""

    def __call__(self, action: str, noun: str, resource: Mapping[str, Any], tenant_id: str, /) -> None: ...

    def many(self, action: str, noun: str, resources: Mapping[str, Mapping[str, Any]], tenant_id: str, /) -> None:
        """The same for several resources, by what the caller knows each as: all of them may, or it raises."""


@dataclass
class QueryCounter:
    """Statements sent to the database while a request was handled."""

    count: int = 0


@dataclass(frozen=True)
class RequestContext:
    """Set once at the edge of a process; read anywhere below it."""

    identity: Identity | None
    correlation_id: str
    traceparent: str
    """The present span: what is called, published or begun from here is its child."""
    clock: Clock
    """What time it is for this process: events, rows and signatures made in the context take it from here."""
    idempotency_key: str | None = None
    deadline: Deadline | None = None
    tracestate: str = ""
    """What vendors have put beside the traceparent; handed on as it came (W3C Trace Context §3.3)."""
    queries: QueryCounter = field(default_factory=QueryCounter)
    admission: Admission | None = field(default=None, repr=False)
    """Who is asked before a resource is made or changed; nobody in background work."""
    admitted: set[tuple[str, str]] = field(default_factory=set)
    """Actions and subjects that were asked about ahead."""
    warnings: list[str] = field(default_factory=list)
    """What the caller is told beside a success."""

    @property
    def caller(self) -> Identity:
        """The verified caller. Raises Unauthenticated when there is none."""
        if self.identity is None:
            raise Unauthenticated("this needs a verified identity")
        return self.identity

    @property
    def tenant_id(self) -> str:
        """The tenant everything in this context is scoped to. Raises Unauthenticated when there is none."""
        return self.caller.tenant_id


_current: ContextVar[RequestContext | None] = ContextVar("omnicloud_context", default=None)


def current() -> RequestContext:
    """The present context. Raises Unauthenticated outside of any."""
    context = _current.get()
    if context is None:
        raise Unauthenticated("there is no request context here")
    return context


def current_or_none() -> RequestContext | None:
    """The present context, or None outside of any (log lines at start-up, for example)."""
    return _current.get()


def current_tenant() -> str:
    """The tenant of the present context."""
    return current().tenant_id


def current_time() -> datetime:
    """The present time of the context's clock: when what is done in it is done."""
    return current().clock.now()


@contextmanager
def use_context(context: RequestContext) -> Iterator[RequestContext]:
    """Run a block under a context and restore the one before it, whatever happens."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def service_context(
    service: str,
    tenant_id: str,
    clock: Clock,
    *,
    actor: str | None = None,
    correlation_id: str | None = None,
    traceparent: str | None = None,
    tracestate: str = "",
    deadline: Deadline | None = None,
    work: Work = BACKGROUND,
) -> Iterator[RequestContext]:
    """Run background work (an event handler, a task, a periodic job) as a service, in a tenant.

    It is a span: below `traceparent`, else the root of a new trace.
    """
    with span(work, traceparent, tracestate) as begun:
        begun.set({TENANT_ATTRIBUTE: tenant_id})
        context = RequestContext(
            identity=Identity.for_service(service, tenant_id, actor),
            correlation_id=correlation_id or new_id("c"),
            traceparent=begun.traceparent,
            tracestate=begun.tracestate,
            clock=clock,
            deadline=deadline,
        )
        with use_context(context):
            yield context
