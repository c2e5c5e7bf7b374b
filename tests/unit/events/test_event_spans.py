"""One trace over the event bus: the span that creates an event is the parent of each that processes it."""

from __future__ import annotations

import json

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.errors import Conflict
from shared.events import publish
from shared.events.envelope import Event, InvalidEvent
from shared.events.inbox import Handler
from shared.events.processing import EventProcessor, Outcome
from shared.kernel.context import RequestContext, current, service_context
from shared.kernel.tracing import parse, trace_id
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import TRACE_ID, TRACEPARENT, FakeDatabase, envelope, event

DELETED = "compute.instance.deleted"


class Outbox:
    """A DB-API connection and its cursor; keeps the bodies of published events."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def cursor(self) -> Outbox:
        """Itself."""
        return self

    def execute(self, _statement: str, arguments: tuple[str, ...]) -> None:
        """Keep the last argument, the body."""
        self.bodies.append(arguments[-1])

    def close(self) -> None:
        """A cursor has this."""


def publish_one(tracestate: str = "") -> tuple[RequestContext, str]:
    """An event that was published in a traced context: the context, and the event's body."""
    outbox = Outbox()
    with service_context("compute", "t-1", standing_clock(), traceparent=TRACEPARENT, tracestate=tracestate) as context:
        publish(outbox, DELETED, subject="i-1", data={"id": "i-1"}, sequence=3)
    return context, outbox.bodies[0]


def process(body: str, handler: Handler = lambda _event, _transaction: None) -> Outcome:
    """Handle an event as billing does."""
    processor = EventProcessor("billing", {DELETED: handler}, FakeDatabase(), standing_clock())
    return processor.process(body.encode())


def test_the_creation_of_an_event_is_the_parent_of_its_handling(exported: InMemorySpanExporter) -> None:
    context, body = publish_one()
    process(body)

    create, work, handle = exported.get_finished_spans()
    published = Event.from_json(body)
    assert (create.name, create.kind) == (f"CloudEvents Create {DELETED}", SpanKind.PRODUCER)
    assert (handle.name, handle.kind) == (f"CloudEvents Process {DELETED}", SpanKind.CONSUMER)
    assert parse(published.traceparent) == (TRACE_ID, f"{create.context.span_id:016x}")
    assert parse(context.traceparent) == (TRACE_ID, f"{work.context.span_id:016x}")
    assert create.parent.span_id == work.context.span_id
    assert handle.parent.span_id == create.context.span_id
    assert {span.context.trace_id for span in (create, work, handle)} == {int(TRACE_ID, 16)}


def test_both_say_which_event_it_is(exported: InMemorySpanExporter) -> None:
    _, body = publish_one()
    process(body)

    create, _, handle = exported.get_finished_spans()
    expected = {
        "cloudevents.event_id": json.loads(body)["id"],
        "cloudevents.event_source": "omnicloud/compute",
        "cloudevents.event_spec_version": "1.0",
        "cloudevents.event_subject": "i-1",
        "cloudevents.event_type": DELETED,
    }
    assert dict(create.attributes) == expected
    assert dict(handle.attributes) == {**expected, "omnicloud.tenant_id": "t-1"}


def test_a_handler_that_raises_has_failed(exported: InMemorySpanExporter) -> None:
    def fails(_event: Event, _transaction: object) -> None:
        raise Conflict("not now")

    with pytest.raises(Conflict):
        process(envelope(traceparent=TRACEPARENT), fails)

    (handle,) = exported.get_finished_spans()
    assert (handle.status.status_code, handle.attributes["error.type"]) == (StatusCode.ERROR, "conflict")


def test_an_event_that_is_not_accepted_has_no_row_and_a_failed_span(exported: InMemorySpanExporter) -> None:
    outbox = Outbox()
    with service_context("compute", "t-1", standing_clock()), pytest.raises(InvalidEvent):
        publish(outbox, DELETED, subject="", data={"id": "i-1"}, sequence=3)

    create, _ = exported.get_finished_spans()
    assert outbox.bodies == []
    assert create.attributes["error.type"] == "invalid_event"


def test_an_event_of_a_trace_that_is_not_sampled_is_handled_unrecorded(exported: InMemorySpanExporter) -> None:
    seen: list[RequestContext] = []
    process(envelope(traceparent=TRACEPARENT[:-2] + "00"), lambda _event, _transaction: seen.append(current()))

    assert exported.get_finished_spans() == ()
    assert (trace_id(seen[0].traceparent), seen[0].traceparent[-3:]) == (TRACE_ID, "-00")


def test_the_tracestate_goes_with_the_event() -> None:
    _, body = publish_one("vendor=1")
    seen: list[str] = []

    process(body, lambda _event, _transaction: seen.append(current().tracestate))

    assert json.loads(body)["tracestate"] == "vendor=1"
    assert Event.from_json(body).tracestate == "vendor=1"
    assert seen == ["vendor=1"]


def test_an_event_without_a_tracestate_has_no_such_attribute() -> None:
    assert "tracestate" not in json.loads(event().to_json())


@pytest.mark.parametrize("tracestate", ["", 7, None])
def test_a_tracestate_that_is_no_text_is_refused(tracestate: object) -> None:
    body = json.dumps({**json.loads(event().to_json()), "tracestate": tracestate})
    with pytest.raises(InvalidEvent, match="tracestate must be a non-empty string"):
        Event.from_json(body)
