"""What both frameworks do at the edge of a process with a request's headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.errors import BadRequest, OmniCloudError
from shared.kernel.context import CORRELATION_HEADER, DEADLINE_HEADER, IDEMPOTENCY_HEADER, RequestContext
from shared.kernel.identity import IDENTITY_HEADER, TENANT_HEADER, Identity, verify_identity
from shared.kernel.tracing import Span, trace_id
from shared.settings import ServiceSettings
from shared.utils.clock import Clock
from shared.utils.deadline import Deadline
from shared.utils.ids import new_id

MAX_CORRELATION_LENGTH = 128
VERSION_TAG = re.compile(r'("?)[0-9]{1,18}\1', re.ASCII)
"""A tag of this API, which is a version; it may come without its quotes."""
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
NO_VERSION = -1
"""What no resource has: who expects it, expects another representation than the present one."""


def context_from_headers(
    headers: Mapping[str, str], settings: ServiceSettings, clock: Clock, span: Span
) -> tuple[RequestContext, OmniCloudError | None]:
    """The request's context (header names in lower case), and the refusal if its identity isn't acceptable.

    `span` is the request's own.
    """
    identity: Identity | None = None
    refusal: OmniCloudError | None = None
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
            deadline=Deadline.after(
                _budget(headers.get(DEADLINE_HEADER.lower()), settings.request_timeout_seconds), clock
            ),
        ),
        refusal,
    )


def correlation_id(received: str | None) -> str:
    """The caller's correlation id, kept over every hop; a new one where there is none or it isn't printable."""
    if received and len(received) <= MAX_CORRELATION_LENGTH and received.isprintable():
        return received
    return new_id("c")


def _budget(milliseconds: str | None, default: float) -> float:
    """Seconds this request may take: what the caller has left, never more than the service's own limit."""
    if milliseconds is None or not milliseconds.isdigit():
        return default
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


def parse_if_match(value: str | None) -> int | None:
    """The version in an `If-Match` header; None for no header or `*`, NO_VERSION for a tag that nothing here has.

    Tags are compared strongly, so a weak one is never equal (RFC 9110 §13.1.1). Raises BadRequest for what is no tag.
    """
    if value is None or value.strip() == "*":
        return None
    text = value.strip()
    if VERSION_TAG.fullmatch(text):
        return int(text.strip('"'))
    if ENTITY_TAG.fullmatch(text):
        return NO_VERSION
    raise BadRequest("If-Match must be an entity tag", header="If-Match")
