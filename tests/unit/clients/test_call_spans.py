"""Each attempt of a call is a span, and the one that the called service gets as its parent."""

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.clients.http import ServiceClient
from shared.errors import NotFound
from shared.infra.registry import Instance
from shared.kernel.context import RequestContext, service_context
from shared.kernel.tracing import parse
from shared.settings import ServiceSettings
from tests.unit.clocks import standing_clock

SETTINGS = ServiceSettings(service_name="compute", identity_signing_key="a-signing-key-of-at-least-thirty-two-bytes")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def ask(*statuses: int) -> tuple[RequestContext, list[httpx.Request]]:
    """The requests that one GET made, whose attempts are answered with these statuses, and the context of it."""
    requests: list[httpx.Request] = []
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(left.pop(0), json={})

    client = ServiceClient(
        "tenants",
        SETTINGS,
        standing_clock(),
        transport=httpx.MockTransport(answer),
        lookup=lambda _service: (Instance("tenants-1", "tenants", "10.0.0.1:8002"),),
    )
    with service_context("compute", "t-1", standing_clock(), traceparent=TRACEPARENT, tracestate="vendor=1") as context:
        client.get("/v1/quotas", params={"resource": "vcpus"})
    return context, requests


def test_every_attempt_is_a_span_below_the_present_one(exported: InMemorySpanExporter) -> None:
    context, requests = ask(503, 200)

    failed, good, work = exported.get_finished_spans()
    assert [span.name for span in (failed, good)] == ["GET tenants", "GET tenants"]
    assert {span.kind for span in (failed, good)} == {SpanKind.CLIENT}
    assert [span.parent.span_id for span in (failed, good)] == [work.context.span_id] * 2
    assert parse(context.traceparent) == (TRACE, f"{work.context.span_id:016x}")
    sent = [parse(request.headers["traceparent"]) for request in requests]
    assert sent == [(TRACE, f"{span.context.span_id:016x}") for span in (failed, good)]
    assert [span.attributes["http.response.status_code"] for span in (failed, good)] == [503, 200]
    assert [span.attributes.get("error.type") for span in (failed, good)] == ["503", None]


def test_it_says_whom_it_asked_and_not_the_query(exported: InMemorySpanExporter) -> None:
    ask(200)

    call, _ = exported.get_finished_spans()
    assert call.attributes["url.full"] == "http://10.0.0.1:8002/v1/quotas"
    assert (call.attributes["server.address"], call.attributes["server.port"]) == ("10.0.0.1", 8002)
    assert call.attributes["omnicloud.tenant_id"] == "t-1"


def test_the_tracestate_goes_along() -> None:
    _, requests = ask(200)
    assert requests[0].headers["tracestate"] == "vendor=1"


def test_a_refusal_is_the_callers_failure(exported: InMemorySpanExporter) -> None:
    with pytest.raises(NotFound):
        ask(404)

    call, work = exported.get_finished_spans()
    assert (call.attributes["error.type"], work.attributes["error.type"]) == ("404", "not_found")
