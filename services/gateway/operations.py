"""The gateway's one use case: carry a request to a healthy instance and its answer back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.client_address import limited_as
from services.gateway.domain.headers import Header, forwardable
from services.gateway.domain.routing import Route, heeds_keys, signed_for
from services.gateway.ports import Ports
from services.gateway.ports.transport import Answer, NoAnswer, NoRoom, NotHeard, NotInTime, NotReached
from shared.clients.breaker import counts_as_failure
from shared.clients.errors import UpstreamNotReached, UpstreamUnavailable
from shared.clients.retries import (
    ATTEMPTS,
    FIRST_WAIT_SECONDS,
    MAX_WAIT_SECONDS,
    RETRYABLE_STATUSES,
    UpstreamAnswered,
    repeatable,
    worth_retrying,
)
from shared.errors import BadGateway, DeadlineExceeded
from shared.kernel import http_spans
from shared.kernel.context import CORRELATION_HEADER, DEADLINE_HEADER, RequestContext
from shared.kernel.identity import IDENTITY_HEADER, Identity, sign_identity
from shared.utils.deadline import Deadline
from shared.utils.retry import call_with_retry_async
from shared.web.spooling import SpooledBody

STRANGERS = "strangers"
"""Whose the requests without a token are, where a breaker asks."""
PATIENCE_SECONDS = 5.0
"""An instance that hasn't answered in less says nothing of itself: the request's own time was short."""
REFUSAL_SECONDS = 1.0
"""What is kept of a request's time where there is enough: a refusal still reaches whoever waits for it."""


@dataclass(frozen=True)
class Reached:
    """The address under which the client reached the platform."""

    scheme: str
    host: str


@dataclass(frozen=True)
class Incoming:
    """A verified request on its way to a service."""

    method: str
    route: Route
    query: str
    headers: Sequence[Header]
    body: SpooledBody
    identity: Identity | None
    client_address: str
    reached_at: Reached

    @property
    def target(self) -> str:
        """Path and query as they go over the wire, which is how they came."""
        return f"{self.route.path}?{self.query}" if self.query else self.route.path

    @property
    def keyed(self) -> bool:
        """Whether the service heeds an idempotency key: of a known caller, and nowhere that a password is guessed."""
        return self.identity is not None and heeds_keys(self.route, self.method)

    @property
    def caller(self) -> str:
        """Whose request it is: the tenant's, whose presigned URL may be it. All strangers are one: they come under as
        many addresses as they like."""
        return self.identity.tenant_id if self.identity else signed_for(self.route) or STRANGERS

    @property
    def asker(self) -> str:
        """Who waits where a probe of theirs has said nothing: strangers each for themselves."""
        return limited_as(self.client_address) if self.caller == STRANGERS else self.caller


async def forward(ports: Ports, incoming: Incoming, context: RequestContext) -> Answer:
    """The upstream's answer, its body still unread or read whole.

    Attempts and the waits between them are those of every client of the platform. Raises ServiceUnavailable when no
    instance is in routing or one says nothing, be it to a connection, BadGateway when none can be reached or an answer
    breaks off, DeadlineExceeded when the time is used up because it was short.
    """
    deadline = context.deadline or Deadline.after(ports.settings.request_timeout_seconds, ports.clock)
    may_repeat = repeatable(incoming.method, context.idempotency_key if incoming.keyed else None)
    tried: set[str] = set()
    try:
        return await call_with_retry_async(
            lambda: _attempt(ports, incoming, context, deadline, tried),
            retry_on=lambda error: worth_retrying(error, may_repeat),
            attempts=ATTEMPTS,
            first_wait=FIRST_WAIT_SECONDS,
            max_wait=MAX_WAIT_SECONDS,
            deadline=deadline,
        )
    except UpstreamAnswered as error:
        answer: Answer = error.answer
        return answer
    except UpstreamUnavailable as error:
        if deadline.expired:
            raise DeadlineExceeded(f"{incoming.route.service} did not answer in time") from error
        if isinstance(error.__cause__, (NotInTime, NotHeard, NoRoom)):
            raise
        raise BadGateway(f"{incoming.route.service} can't be reached") from error


async def _attempt(
    ports: Ports, incoming: Incoming, context: RequestContext, deadline: Deadline, tried: set[str]
) -> Answer:
    """One attempt, at an instance that isn't among `tried` where there is one. Raises UpstreamAnswered for an answer
    that another instance might better, UpstreamNotReached or UpstreamUnavailable for none, and DeadlineExceeded before
    it when the time is used up."""
    deadline.check()
    target = ports.upstreams.choose(incoming.route.service, incoming.asker, tried)
    tried.add(target.instance.id)
    patient = deadline.remaining() >= PATIENCE_SECONDS
    left = deadline.sooner(deadline.remaining() - REFUSAL_SECONDS) if patient else deadline
    with target.call as call:
        try:
            answer = await _send(ports, target.instance.url + incoming.target, incoming, context, left)
            if answer.status in RETRYABLE_STATUSES:
                await answer.read()  # Its connection is free again, whether or not another attempt follows.
        except NoAnswer as error:
            if isinstance(error, NotReached):
                call.failed()
            elif isinstance(error, NoRoom) or (isinstance(error, NotInTime) and not patient):
                call.dropped()
            else:
                call.failed(incoming.caller)
            kind = UpstreamNotReached if isinstance(error, (NotReached, NoRoom)) else UpstreamUnavailable
            raise kind(f"{incoming.route.service} gave no answer", retry_after=1) from error
        if not counts_as_failure(answer.status):
            call.succeeded()
        elif patient:
            call.failed(incoming.caller)
        else:  # The instance may have had too little time for more than a refusal.
            call.dropped()
    if answer.status in RETRYABLE_STATUSES:
        raise UpstreamAnswered(answer.status, answer)
    return answer


async def _send(ports: Ports, url: str, incoming: Incoming, context: RequestContext, deadline: Deadline) -> Answer:
    """The answer, its body unread; a span of its own, which ends with the answer's head."""
    tenant = incoming.identity.tenant_id if incoming.identity else None
    with http_spans.call(incoming.method, incoming.route.service, url, context, tenant) as span:
        answer = await ports.http.send(
            incoming.method,
            url,
            [*_headers(ports, incoming, context, deadline), *span.headers.items()],
            incoming.body,
            deadline.remaining(),
        )
        span.status = answer.status
    return answer


def _headers(ports: Ports, incoming: Incoming, context: RequestContext, deadline: Deadline) -> list[Header]:
    headers = [
        *forwardable(incoming.headers),
        ("Host", f"{incoming.route.service}.service.consul"),
        ("X-Forwarded-For", incoming.client_address),
        ("X-Forwarded-Host", incoming.reached_at.host),
        ("X-Forwarded-Proto", incoming.reached_at.scheme),
        (CORRELATION_HEADER, context.correlation_id),
        (DEADLINE_HEADER, str(int(deadline.remaining() * 1000))),
    ]
    if incoming.identity is not None:
        key = ports.settings.identity_signing_key
        headers.append((IDENTITY_HEADER, sign_identity(incoming.identity, key, ports.clock.now())))
    return headers
