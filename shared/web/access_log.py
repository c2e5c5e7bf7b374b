"""One line for every request that was answered, by which it is found again: with trace, correlation, tenant and time.

The query is left out: it may hold what isn't for everybody, such as signatures.
"""

from __future__ import annotations

from shared.kernel.context import RequestContext
from shared.kernel.http_spans import PROBES
from shared.kernel.logs import logger
from shared.kernel.tracing import trace_id

log = logger("shared.web.access")


def note(
    context: RequestContext,
    method: str,
    *,
    path: str,
    route: str | None,
    status: int,
    seconds: float,
    tenant_id: str | None = None,
) -> None:
    """Tell of a request; probes aside, which come every few seconds. `tenant_id` where the context doesn't have it."""
    if path in PROBES:
        return
    identity = context.identity
    log.info(
        "request",
        method=method,
        path=path,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        correlation_id=context.correlation_id,
        trace_id=trace_id(context.traceparent),
        tenant_id=identity.tenant_id if identity else tenant_id,
        actor=identity.responsible if identity else None,
    )
