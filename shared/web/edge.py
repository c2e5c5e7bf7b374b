"""What both frameworks do at the edge of a process with a request's headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.errors import BadRequest, OmniCloudError
from shared.kernel.context import CORRELATION_HEADER, DEADLINE_HEADER, IDEMPOTENCY_HEADER, RequestContext
from shared.kernel.identity import IDENTITY_HEADER, TENANT_HEADER, Identity, verify_identity
from shared.kernel.tracing import Span, trace_id
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id
from shared.web.input import InvalidHeader

MAX_CORRELATION_LENGTH = 128
_MILLISECONDS = re.compile(r"[0-9]{1,9}")


def context_from_headers(
    headers: Mapping[str, str], settings: ServiceSettings, clock: Clock, span: Span
) -> tuple[RequestContext, OmniCloudError | None]:
    """The request's context (header names in lower case), and the refusal if its identity isn't acceptable.

    `span` is the request's own.
    """
    identity: Identity | None = None
    refusal: OmniCloudError | None = None
    budget = settings.request_timeout_seconds
    try:
        budget = _budget(headers.get(DEADLINE_HEADER.lower()), budget)
    except OmniCloudError as error:
        refusal = error
    signed = headers.get(IDENTITY_HEADER.lower())
    if signed:
        try:
            verified = verify_identity(signed, settings.identity_signing_key, clock.now())
            identity = verified.in_tenant(headers.get(TENANT_HEADER.lower()))
        except OmniCloudError as error:
            refusal = error
    return (
        RequestContext(
            identity=identity,
            correlation_id=correlation_id(headers.get(CORRELATION_HEADER.lower())),
            traceparent=span.traceparent,
            tracestate=span.tracestate,
            clock=clock,
            idempotency_key=headers.get(IDEMPOTENCY_HEADER.lower()),
            deadline=Deadline.after(budget, clock),
        ),
        refusal,
    )


def refused(check: Callable[[], None]) -> OmniCloudError | None:
    """The refusal that a check raises; None when it passes."""
    try:
        check()
    except OmniCloudError as error:
        return error
    return None


class InvalidHost(BadRequest):
    """The request is for another host."""

    code = "invalid_host"


def check_host(host: str | None, allowed: Iterable[str]) -> None:
    """Whether `Host` is one of the names, where `.example` stands for every name below it and `*` for any.

    Raises InvalidHost, also where there is none.
    """
    name = (host or "").rpartition(":")[0] if re.search(r":\d*$", host or "") else host or ""
    name = name.lower().rstrip(".")
    for pattern in allowed:
        if (
            pattern == "*"
            or name == pattern
            or (pattern.startswith(".") and name.endswith(pattern) and name != pattern)
        ):
            return
    raise InvalidHost("this service answers to its own names only")


def correlation_id(received: str | None) -> str:
    """The caller's correlation id, kept over every hop; a new one where there is none or it isn't printable ASCII,
    which is all that every hop can send on."""
    if received and len(received) <= MAX_CORRELATION_LENGTH and received.isascii() and received.isprintable():
        return received
    return new_id("c")


def _budget(milliseconds: str | None, default: float) -> float:
    """Seconds this request may take: what the caller has left, never more than the service's own limit.

    Raises InvalidHeader for what is no number of milliseconds.
    """
    if milliseconds is None:
        return default
    if not _MILLISECONDS.fullmatch(milliseconds):
        raise InvalidHeader(f"{DEADLINE_HEADER} is a number of milliseconds, of nine digits at most")
    return min(int(milliseconds) / 1000, default)


def response_headers(context: RequestContext, settings: ServiceSettings) -> dict[str, str]:
    """Headers on every answer: correlation id, trace id and, with a database, Server-Timing."""
    headers = {CORRELATION_HEADER.lower(): context.correlation_id, "x-trace-id": trace_id(context.traceparent)}
    if settings.database_url:
        headers["server-timing"] = f'db;desc="{context.queries.count} queries"'
    return headers


def etag_of(body: Any) -> str | None:
    """The entity tag of a representation: its version, quoted."""
    version = body.get("version") if isinstance(body, dict) else None
    return f'"{version}"' if isinstance(version, int) else None
