"""Spans: W3C Trace Context in and out of a process, recorded by OpenTelemetry's SDK where spans are exported.

A span has an identifier in any case. It is handed on as `traceparent`, over HTTP and over the event bus, and the
request context carries it below the edge of the process; there is no other present span. Only where a tracer is set
(`shared.kernel.trace_export`) is more of a span kept than that, and does a sampler decide on new traces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanKind, StatusCode, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.errors import OmniCloudError

Attributes = Mapping[str, str | int]

_ids = RandomIdGenerator()
_propagator = TraceContextTextMapPropagator()
_TRACEPARENT = re.compile(r"^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
SAMPLED = "01"


@dataclass(frozen=True)
class Work:
    """What a span is about: its name, which has few values, its kind, and what else is known at its start."""

    name: str
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Attributes = field(default_factory=dict)


class Span:
    """One span. `traceparent` and `tracestate` are what is handed on to its children."""

    __slots__ = ("_recorded", "traceparent", "tracestate")

    def __init__(self, traceparent: str, tracestate: str, recorded: trace.Span | None = None) -> None:
        self.traceparent = traceparent
        self.tracestate = tracestate
        self._recorded = recorded

    @property
    def recorded(self) -> bool:
        """Whether anybody will see more of it than its identifier; where not, attributes needn't be made."""
        return self._recorded is not None

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        if self._recorded is not None:
            self._recorded.set_attributes(attributes)

    def end(self, *, name: str | None = None, error: str | None = None) -> None:
        """It is over. `name` replaces the one it began with, `error` says of which type its failure is."""
        if self._recorded is None:
            return
        if name is not None:
            self._recorded.update_name(name)
        if error is not None:
            self._recorded.set_attribute("error.type", error)
            self._recorded.set_status(StatusCode.ERROR)
        self._recorded.end()


class _Process:
    """What this process records with, if with anything."""

    tracer: trace.Tracer | None = None


def record_with(tracer: trace.Tracer | None) -> None:
    """From now on record spans with this tracer; None: keep identifiers only."""
    _Process.tracer = tracer


def begin(work: Work, parent: str | None, tracestate: str = "") -> Span:
    """A span in the trace of `parent`, a traceparent; the root of a new trace where there is none or it is invalid.

    A recorded span's trace is sampled as its parent says; a new trace as the SDK's sampler says
    (`OTEL_TRACES_SAMPLER`).
    """
    tracer = _Process.tracer
    if tracer is None:
        return unrecorded(parent, tracestate)
    carrier = {"traceparent": parent, "tracestate": tracestate} if parent else {}
    recorded = tracer.start_span(work.name, _propagator.extract(carrier, Context()), work.kind, work.attributes)
    made = recorded.get_span_context()
    traceparent = f"00-{made.trace_id:032x}-{made.span_id:016x}-{made.trace_flags:02x}"
    return Span(traceparent, made.trace_state.to_header(), recorded if recorded.is_recording() else None)


def unrecorded(parent: str | None, tracestate: str = "") -> Span:
    """A span that is never exported, and only hands the trace on."""
    known = tracestate and parse(parent)
    return Span(child_of(parent), TraceState.from_header([tracestate]).to_header() if known else "")


@contextmanager
def span(work: Work, parent: str | None, tracestate: str = "") -> Iterator[Span]:
    """A span as long as a block; it has failed when the block raises."""
    begun = begin(work, parent, tracestate)
    try:
        yield begun
    except BaseException as error:
        begun.end(error=error_type(error))
        raise
    begun.end()


def error_type(error: BaseException) -> str:
    """The type of a failure as spans name it: the machine code of an expected one, else its class."""
    return error.code if isinstance(error, OmniCloudError) else type(error).__qualname__


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
