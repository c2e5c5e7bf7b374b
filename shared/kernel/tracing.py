"""W3C Trace Context in and out, on OpenTelemetry's identifiers and propagator.

A process exports spans only when the standard `OTEL_TRACES_EXPORTER=console` asks for it; the trace context is
handed on in any case, over HTTP and over the event bus.
"""

from __future__ import annotations

import re

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

_ids = RandomIdGenerator()
_TRACEPARENT = re.compile(r"^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
SAMPLED = "01"


def new_traceparent() -> str:
    """The root of a new, sampled trace."""
    return f"00-{_ids.generate_trace_id():032x}-{_ids.generate_span_id():016x}-{SAMPLED}"


def parse(traceparent: str | None) -> tuple[str, str] | None:
    """Trace id and parent span id, or None where the header is missing or invalid (W3C Trace Context §3.2)."""
    match = _TRACEPARENT.match(traceparent or "")
    if not match or match[1] == "ff" or set(match[2]) == {"0"} or set(match[3]) == {"0"}:
        return None
    return match[2], match[3]


def child_of(traceparent: str | None) -> str:
    """A new span in the trace of `traceparent`; the root of a new trace where there is none."""
    parent = parse(traceparent)
    if parent is None:
        return new_traceparent()
    flags = (traceparent or "")[-2:]
    return f"00-{parent[0]}-{_ids.generate_span_id():016x}-{flags}"


def trace_id(traceparent: str) -> str:
    """The trace id of a valid traceparent, empty otherwise."""
    parsed = parse(traceparent)
    return parsed[0] if parsed else ""
