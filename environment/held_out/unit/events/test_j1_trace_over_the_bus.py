"""What is done about an event is a part of the trace in which it was made, whatever that trace is."""

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.events.processing import EventProcessor, Outcome
from shared.kernel.context import RequestContext, current
from tests.unit.clocks import standing_clock
from tests.unit.events.builders import FakeDatabase, envelope

DELETED = "compute.instance.deleted"
HEX = "0123456789abcdef"
TRACES = st.text(HEX, min_size=32, max_size=32).filter(lambda text: set(text) != {"0"})
SPANS = st.text(HEX, min_size=16, max_size=16).filter(lambda text: set(text) != {"0"})


def handled(**attributes: str) -> RequestContext:
    """The context that an event with these attributes is handled in."""
    seen: list[RequestContext] = []
    handlers = {DELETED: lambda _event, _transaction: seen.append(current())}
    processor = EventProcessor("audit", handlers, FakeDatabase(), standing_clock())
    assert processor.process(envelope(**attributes).encode()) is Outcome.APPLIED
    (context,) = seen
    return context


@settings(derandomize=True, deadline=None, max_examples=40)
@given(TRACES, SPANS, st.sampled_from(["00", "01"]), st.sampled_from(["", "rojo=00f067aa0ba902b7", "a=1,b=2"]))
def test_the_handler_works_in_a_span_of_the_events_trace(trace: str, span: str, flags: str, state: str) -> None:
    more = {"tracestate": state} if state else {}
    context = handled(traceparent=f"00-{trace}-{span}-{flags}", **more)
    _, found, own, sampled = context.traceparent.split("-")
    assert (found, sampled, context.tracestate.replace(" ", "")) == (trace, flags, state)
    assert own != span


def test_two_consumers_of_one_event_are_siblings(exported: InMemorySpanExporter) -> None:
    parent = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1-bbbbbbbbbbbbbbb2-01"
    first, second = handled(traceparent=parent), handled(traceparent=parent)
    assert first.traceparent != second.traceparent
    spans = exported.get_finished_spans()
    assert [f"{each.parent.span_id:016x}" for each in spans if each.parent] == ["bbbbbbbbbbbbbbb2"] * 2
    assert {f"{each.context.trace_id:032x}" for each in spans} == {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"}
