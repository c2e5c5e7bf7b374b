"""Spans of HTTP requests that are served and made, by OpenTelemetry's stable semantic conventions for HTTP.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/ – queries are left out of all of them: they may hold what
isn't for everybody, such as signatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.trace import SpanKind

from shared.kernel import tracing
from shared.kernel.context import TENANT_ATTRIBUTE, TRACEPARENT_HEADER, TRACESTATE_HEADER, RequestContext
from shared.kernel.tracing import Span, Work, begin, unrecorded

METHODS = frozenset({
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "QUERY", "LOCK", "UNLOCK",
})  # fmt: skip
"""Methods that are named; any other is `_OTHER`, so that nobody can make up names without end."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: nothing that anybody would trace."""


def serve(method: str, path: str, headers: Mapping[str, str]) -> Span:
    """Begin the span of a request that came in (header names in lower case)."""
    parent, state = headers.get(TRACEPARENT_HEADER), headers.get(TRACESTATE_HEADER, "")
    if path in PROBES:
        return unrecorded(parent, state)
    return begin(Work(_name(method), SpanKind.SERVER), parent, state)


def served(
    span: Span, method: str, *, path: str, route: str | None, scheme: str, status: int, tenant_id: str | None
) -> None:
    """End the span of a request that has been answered. `route` is the template that its path fits, if there is one.

    An answer below 500 is no failure of the server.
    """
    if not span.recorded:
        return
    attributes: dict[str, str | int] = {
        "http.request.method": _method(method),
        "http.response.status_code": status,
        "url.path": path,
        "url.scheme": scheme,
    }
    if route is not None:
        attributes["http.route"] = route
    if tenant_id is not None:
        attributes[TENANT_ATTRIBUTE] = tenant_id
    span.set(attributes)
    span.end(name=f"{_name(method)} {route}" if route else None, error=str(status) if status >= 500 else None)


@dataclass
class Call:
    """One request to another service. `headers` belong to it; `status` is to be told when the answer is there."""

    headers: Mapping[str, str]
    status: int | None = None


@contextmanager
def call(method: str, service: str, url: str, context: RequestContext | None, tenant_id: str | None) -> Iterator[Call]:
    """A span as long as a block that makes one request to an instance of a service, at `url`, on account of a context.

    It is named after the service: the path would make names without end. An answer of 400 or above is a failure for
    the one who called, and so is none.
    """
    parent, tracestate = (context.traceparent, context.tracestate) if context else (None, "")
    begun = begin(Work(f"{_name(method)} {service}", SpanKind.CLIENT), parent, tracestate)
    state = {TRACESTATE_HEADER: begun.tracestate} if begun.tracestate else {}
    made = Call({TRACEPARENT_HEADER: begun.traceparent, **state})
    error: str | None = None
    try:
        yield made
        error = str(made.status) if made.status is not None and made.status >= 400 else None
    except BaseException as failure:
        error = tracing.error_type(failure)
        raise
    finally:
        if begun.recorded:
            begun.set(_call_attributes(method, url, made.status, tenant_id))
            begun.end(error=error)


def _call_attributes(method: str, url: str, status: int | None, tenant_id: str | None) -> dict[str, str | int]:
    where = urlsplit(url)
    optional: dict[str, str | int | None] = {
        "server.address": where.hostname,
        "server.port": where.port,
        "http.response.status_code": status,
        TENANT_ATTRIBUTE: tenant_id,
    }
    known = {name: value for name, value in optional.items() if value is not None}
    bare = urlunsplit(where._replace(query="", fragment=""))
    return {"http.request.method": _method(method), "url.full": bare, **known}


def _method(method: str) -> str:
    return method if method in METHODS else "_OTHER"


def _name(method: str) -> str:
    return method if method in METHODS else "HTTP"
