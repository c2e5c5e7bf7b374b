"""Spans of events, by OpenTelemetry's semantic conventions for CloudEvents: their creation, and each handling.

https://opentelemetry.io/docs/specs/semconv/cloudevents/cloudevents-spans/
"""

from __future__ import annotations

from opentelemetry.trace import SpanKind

from shared.events.envelope import SPEC_VERSION, Event
from shared.kernel.tracing import Work


def created(event_type: str) -> Work:
    """The creation of an event: its attributes are known when it is there."""
    return Work(f"CloudEvents Create {event_type}", SpanKind.PRODUCER)


def processed(event: Event) -> Work:
    """The handling of an event."""
    return Work(f"CloudEvents Process {event.type}", SpanKind.CONSUMER, attributes_of(event))


def attributes_of(event: Event) -> dict[str, str | int]:
    """What identifies an event."""
    return {
        "cloudevents.event_id": event.id,
        "cloudevents.event_source": event.source,
        "cloudevents.event_spec_version": SPEC_VERSION,
        "cloudevents.event_subject": event.subject,
        "cloudevents.event_type": event.type,
    }
