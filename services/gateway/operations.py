"""The gateway's one use case: carry a request to a healthy instance and its answer back."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from services.gateway.domain.headers import Header, forwardable
from services.gateway.domain.retries import RETRYABLE_STATUSES, is_failure, may_retry
from services.gateway.domain.routing import Route, rotate
from services.gateway.upstreams import Upstreams
from shared.errors import BadGateway, DeadlineExceeded, ServiceUnavailable
from shared.infra.registry import Instance
from shared.kernel import http_spans
from shared.kernel.context import (
    CORRELATION_HEADER,
    DEADLINE_HEADER,
    IDEMPOTENCY_HEADER,
    RequestContext,
)
from shared.kernel.identity import IDENTITY_HEADER, Identity, sign_identity
from shared.settings import ServiceSettings
from shared.utils.deadline import Deadline

FIRST_WAIT_SECONDS = 0.05
MAX_WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Incoming:
    """A verified request on its way to a service."""

    method: str
    route: Route
    query: str
    headers: Sequence[Header]
    body: bytes
    identity: Identity | None
    client_address: str


class Proxy:
    """Sends requests to instances that Consul reports as passing, inside the request's deadline."""

    def __init__(self, settings: ServiceSettings, upstreams: Upstreams, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._upstreams = upstreams
        self._client = client
        self._turns = itertools.count()

    async def forward(self, incoming: Incoming, context: RequestContext) -> httpx.Response:
        """The upstream's answer, its body still unread.

        Raises ServiceUnavailable when no instance is in routing, BadGateway when none can be reached or an answer
        breaks off, DeadlineExceeded when the time is used up.
        """
        deadline = context.deadline or Deadline.after(self._settings.request_timeout_seconds)
        has_key = any(name.lower() == IDEMPOTENCY_HEADER.lower() for name, _ in incoming.headers)
        for attempt in itertools.count(1):
            instance = self._choose(incoming.route.service)
            answer, connected = await self._attempt(instance, incoming, context, deadline)
            good = answer is not None and answer.status_code not in RETRYABLE_STATUSES
            if good or not may_retry(incoming.method, has_key, attempt, connected) or deadline.expired:
                break
            if answer is not None:
                await answer.aclose()
            await asyncio.sleep(min(deadline.remaining(), _jittered(attempt)))
        if answer is None:
            if deadline.expired:
                raise DeadlineExceeded(f"{incoming.route.service} did not answer in time")
            raise BadGateway(f"{incoming.route.service} can't be reached")
        return answer

    def _choose(self, service: str) -> Instance:
        """The next instance in turn whose circuit isn't open."""
        for instance in rotate(self._upstreams.instances(service), next(self._turns)):
            if self._upstreams.breaker(instance).allow():
                return instance
        raise ServiceUnavailable(f"no instance of {service} is healthy now", retry_after=1)

    async def _attempt(
        self, instance: Instance, incoming: Incoming, context: RequestContext, deadline: Deadline
    ) -> tuple[httpx.Response | None, bool]:
        """One attempt: the answer if there is one, and whether the upstream may have seen the request."""
        breaker = self._upstreams.breaker(instance)
        try:
            answer = await self._send(instance, incoming, context, deadline)
        except httpx.ConnectError:
            breaker.record_failure()
            return None, False
        except httpx.HTTPError:
            breaker.record_failure()
            return None, True
        (breaker.record_failure if is_failure(answer.status_code) else breaker.record_success)()
        return answer, True

    async def _send(
        self, instance: Instance, incoming: Incoming, context: RequestContext, deadline: Deadline
    ) -> httpx.Response:
        """The answer, its body unread; a span of its own, which ends with the answer's head."""
        url = instance.url + incoming.route.path
        tenant = incoming.identity.tenant_id if incoming.identity else None
        trace = context.traceparent, context.tracestate
        with http_spans.call(incoming.method, incoming.route.service, url, *trace, tenant_id=tenant) as span:
            request = self._client.build_request(
                incoming.method,
                httpx.URL(url, query=incoming.query.encode()),
                headers=[*self._headers(incoming, context, deadline), *span.headers.items()],
                content=incoming.body,
                timeout=max(0.001, deadline.remaining()),
            )
            answer = await self._client.send(request, stream=True)
            span.status = answer.status_code
        return answer

    def _headers(self, incoming: Incoming, context: RequestContext, deadline: Deadline) -> list[Header]:
        headers = [
            *forwardable(incoming.headers),
            ("Host", f"{incoming.route.service}.service.consul"),
            ("X-Forwarded-For", incoming.client_address),
            (CORRELATION_HEADER, context.correlation_id),
            (DEADLINE_HEADER, str(int(deadline.remaining() * 1000))),
        ]
        if incoming.identity is not None:
            key = self._settings.identity_signing_key
            headers.append((IDENTITY_HEADER, sign_identity(incoming.identity, key, context.clock.now())))
        return headers


def _jittered(attempt: int) -> float:
    """Seconds before the next attempt: full jitter under a doubling cap."""
    return random.uniform(0, min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt))
