"""Where a process's spans go: nowhere, to standard output, or to a collector.

`OTEL_TRACES_EXPORTER` says which, as OpenTelemetry has it (`none`, `console`, `otlp`); the SDK's other variables hold,
too: `OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_BSP_SCHEDULE_DELAY` and so
on. A provider may have a thread, so it is made by the process that serves, after any fork.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

from shared.kernel.tracing import record_with
from shared.settings import ServiceSettings

SCOPE = "omnicloud"
OTLP_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class SpanExport:
    """The export of one process's spans, from start to stop."""

    def __init__(self, settings: ServiceSettings, process: str = "") -> None:
        self._exporter = settings.otel_traces_exporter
        self._service = settings.otel_service_name or process or settings.service_name
        self._provider: TracerProvider | None = None

    def start(self) -> None:
        """Record spans from now on, if they are to be exported. Raises RuntimeError when the exporter isn't there."""
        if self._exporter == "none":
            return
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: self._service}))
        self._provider.add_span_processor(_processor(self._exporter))
        record_with(self._provider.get_tracer(SCOPE))

    def stop(self) -> None:
        """Send what hasn't been sent, and record no more."""
        if self._provider is not None:
            record_with(None)
            self._provider.shutdown()
            self._provider = None


def _processor(exporter: str) -> SpanProcessor:
    """A line of standard output is written at once, without a thread; a collector gets batches."""
    if exporter == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stdout, formatter=one_line))
    return BatchSpanProcessor(_otlp_exporter())


def one_line(span: ReadableSpan) -> str:
    """A span in the SDK's JSON, as one line among the lines of the log."""
    return f"{span.to_json(indent=None)}\n"


def _otlp_exporter() -> Any:
    """The OTLP exporter over HTTP, OpenTelemetry's default. It isn't a dependency of the platform."""
    try:
        return import_module(OTLP_EXPORTER).OTLPSpanExporter()
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "OTEL_TRACES_EXPORTER=otlp needs a package that isn't installed: pip install opentelemetry-exporter-otlp"
        ) from error
