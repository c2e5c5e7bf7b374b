"""Calls from one service to another.

A call goes to an instance that the registry reports as healthy, inside the time budget of the request that caused it,
under this service's signed identity in the request's tenant, with its correlation id and as a part of its trace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client import Counter

from shared.clients.breaker import counts_as_failure
from shared.clients.discovery import Lookup, Target, Upstream
from shared.clients.errors import NOT_REACHED, UpstreamNotReached, UpstreamUnavailable, error_of
from shared.clients.process import new_http, process_http, upstream_of
from shared.clients.retries import (
    FIRST_WAIT_SECONDS,
    MAX_WAIT_SECONDS,
    MOST_ATTEMPTS,
    Attempts,
    UpstreamAnswered,
    repeatable,
)
from shared.errors import BadGateway, DeadlineExceeded, Unauthenticated
from shared.kernel import http_spans
from shared.kernel.context import (
    CORRELATION_HEADER,
    DEADLINE_HEADER,
    IDEMPOTENCY_HEADER,
    RequestContext,
    current_or_none,
)
from shared.kernel.identity import IDENTITY_HEADER, Identity, sign_identity
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id
from shared.utils.retry import call_with_retry

ATTEMPT_SECONDS = 5.0
"""Longest wait for one answer: leaves time for a second attempt in the usual budget of fifteen."""
CONNECT_SECONDS = 1.0
"""Within one network a connection takes milliseconds."""

calls_total = Counter("client_requests_total", "Calls to other services, by answer", ["upstream", "status"])


@dataclass(frozen=True)
class _Call:
    """One call, the same over all its attempts."""

    method: str
    path: str
    json: Any
    params: Mapping[str, Any] | None
    headers: Mapping[str, str]
    deadline: Deadline
    tenant_id: str
    context: RequestContext | None = field(repr=False)


class ServiceClient:
    """A client of one service. Cheap to make: connections, discovery and breakers are the process's.

    `transport` and `lookup` are for tests.
    """

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        lookup: Lookup | None = None,
    ) -> None:
        self.service = service
        self._settings = settings
        self._clock = clock
        self._http = new_http(transport) if transport else None
        self._own_upstream = Upstream(service, lookup, clock) if lookup else None

    def get(self, path: str, **options: Any) -> Any:
        """GET; the parsed JSON. Options and errors as for `request`."""
        return self._json("GET", path, options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        """POST; the parsed JSON, None for an empty answer. Repeated only with an `idempotency_key`."""
        return self._json("POST", path, {"json": json, **options})

    def put(self, path: str, json: Any = None, **options: Any) -> Any:
        """PUT; the parsed JSON, None for an empty answer."""
        return self._json("PUT", path, {"json": json, **options})

    def patch(self, path: str, json: Any = None, **options: Any) -> Any:
        """PATCH; the parsed JSON, None for an empty answer. Repeated only with an `idempotency_key`."""
        return self._json("PATCH", path, {"json": json, **options})

    def delete(self, path: str, **options: Any) -> Any:
        """DELETE; the parsed JSON, None for an empty answer."""
        return self._json("DELETE", path, options)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        tenant_id: str | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """The answer to a request, when it is below 400.

        `tenant_id` is the tenant to act in, the context's by default. `timeout` in seconds bounds the whole call with
        its retries; what is left of the context's deadline does in any case.

        Raises the OmniCloudError that a problem body describes (same status, code and detail); UpstreamUnavailable,
        NoInstance or CircuitOpen (all ServiceUnavailable) when there is no answer; DeadlineExceeded when the time is
        used up; Unauthenticated when no tenant is known.
        """
        context = current_or_none()
        tenant = self._tenant(context, tenant_id)
        call = _Call(
            method,
            path,
            json,
            params,
            {**(headers or {}), **self._context_headers(context, tenant, idempotency_key)},
            self._deadline(context, timeout),
            tenant,
            context,
        )
        try:
            return call_with_retry(
                lambda: self._attempt(call),
                retry_on=Attempts(repeatable(method, idempotency_key)),
                attempts=MOST_ATTEMPTS,
                first_wait=FIRST_WAIT_SECONDS,
                max_wait=MAX_WAIT_SECONDS,
                deadline=call.deadline,
            )
        except UpstreamAnswered as error:
            raise error.answer from None

    def _attempt(self, call: _Call) -> httpx.Response:
        call.deadline.check()
        target = self._upstream().choose(call.tenant_id)
        patient = call.deadline.remaining() >= ATTEMPT_SECONDS
        with target.call as outcome:
            try:
                response = self._send(target, call)
            except httpx.RequestError as error:
                if isinstance(error, NOT_REACHED):
                    outcome.failed()
                elif patient or not isinstance(error, httpx.TimeoutException):
                    outcome.failed(call.tenant_id)
                else:
                    outcome.dropped()
                calls_total.labels(self.service, "none").inc()
                raise self._no_answer(call, error) from error
            calls_total.labels(self.service, str(response.status_code)).inc()
            if not counts_as_failure(response.status_code):
                outcome.succeeded()
            elif patient:
                outcome.failed(call.tenant_id)
            else:  # The upstream may have had too little time for more than a refusal.
                outcome.dropped()
        if response.is_error:
            raise UpstreamAnswered(response.status_code, error_of(response))
        return response

    def _send(self, target: Target, call: _Call) -> httpx.Response:
        left = call.deadline.remaining()
        timeout = httpx.Timeout(min(left, ATTEMPT_SECONDS), connect=min(left, CONNECT_SECONDS))
        headers = {
            **call.headers,
            "Host": f"{self.service}.service.consul",
            DEADLINE_HEADER: str(int(left * 1000)),
        }
        http = self._http or process_http.get()
        url = target.instance.url + call.path
        with http_spans.call(call.method, self.service, url, call.context, call.tenant_id) as span:
            response = http.request(
                call.method,
                url,
                json=call.json,
                params=call.params,
                headers={**headers, **span.headers},
                timeout=timeout,
            )
            span.status = response.status_code
        return response

    def _no_answer(self, call: _Call, error: httpx.RequestError) -> Exception:
        """What a broken, refused or timed-out connection means for the caller."""
        if call.deadline.expired:
            return DeadlineExceeded(f"{self.service} did not answer in time", service=self.service)
        if isinstance(error, NOT_REACHED):
            self._upstream().look_again()
            return UpstreamNotReached(f"{self.service} can't be reached", service=self.service, retry_after=1)
        return UpstreamUnavailable(f"{self.service} gave no answer", service=self.service, retry_after=1)

    def _tenant(self, context: RequestContext | None, tenant_id: str | None) -> str:
        """The tenant to act in. Raises Unauthenticated when none is known."""
        caller = context.identity if context else None
        tenant = tenant_id or (caller.tenant_id if caller else None)
        if not tenant:
            raise Unauthenticated(f"a call to {self.service} needs a tenant: there is none in the context")
        return tenant

    def _context_headers(
        self, context: RequestContext | None, tenant: str, idempotency_key: str | None
    ) -> dict[str, str]:
        """Who calls, for which tenant, and on account of what."""
        caller = context.identity if context else None
        settings = self._settings
        service = settings.service_name
        identity = Identity.on_behalf_of(caller, service, tenant) if caller else Identity.for_service(service, tenant)
        headers = {
            "Accept": "application/json",
            IDENTITY_HEADER: sign_identity(identity, settings.identity_signing_key, self._clock.now()),
            CORRELATION_HEADER: context.correlation_id if context else new_id("c"),
        }
        if idempotency_key:
            headers[IDEMPOTENCY_HEADER] = idempotency_key
        return headers

    def _deadline(self, context: RequestContext | None, timeout: float | None) -> Deadline:
        deadline = context.deadline if context else None
        if deadline is None:
            deadline = Deadline.after(self._settings.request_timeout_seconds, self._clock)
        return deadline if timeout is None else deadline.sooner(timeout)

    def _json(self, method: str, path: str, options: Mapping[str, Any]) -> Any:
        response = self.request(method, path, **options)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise BadGateway(f"{self.service} answered {method} {path} with something that isn't JSON") from error

    def _upstream(self) -> Upstream:
        return self._own_upstream or upstream_of(self.service, self._settings, self._clock)
