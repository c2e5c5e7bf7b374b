"""Spans: whose children they are, what they say, what is handed on, and where they go."""

import json
from typing import Literal

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.errors import Conflict
from shared.kernel import http_spans
from shared.kernel.context import RequestContext, current, service_context
from shared.kernel.trace_export import SpanExport
from shared.kernel.tracing import Span, Work, begin, parse, record_with, span, trace_id, unrecorded
from shared.settings import ServiceSettings
from tests.unit.clocks import standing_clock

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
UNSAMPLED = f"00-{TRACE}-{PARENT}-00"


def ids(finished: ReadableSpan) -> tuple[str, str, str | None]:
    """Trace, span and parent of a finished span, as headers write them."""
    parent = f"{finished.parent.span_id:016x}" if finished.parent else None
    return f"{finished.context.trace_id:032x}", f"{finished.context.span_id:016x}", parent


def span_id(traceparent: str) -> str:
    """The span that a traceparent names."""
    known = parse(traceparent)
    assert known is not None
    return known[1]


def sampled(begun: Span) -> bool:
    """The lowest flag of a span's traceparent (W3C Trace Context §3.2.2.5)."""
    return bool(int(begun.traceparent[-2:], 16) & 1)


def end(
    begun: Span,
    method: str = "GET",
    *,
    path: str = "/v1/zones/z-1",
    route: str | None = "/v1/zones/{id}",
    status: int = 200,
    tenant_id: str | None = "t-1",
) -> None:
    """The request of this span has been answered."""
    http_spans.served(begun, method, path=path, route=route, scheme="http", status=status, tenant_id=tenant_id)


# ---------------------------------------------------------------- parents


def test_a_span_is_its_parents_child_and_its_childrens_parent(exported: InMemorySpanExporter) -> None:
    begun = begin(Work("a"), TRACEPARENT)
    below = begin(Work("b"), begun.traceparent)
    below.end()
    begun.end()

    child, parent = exported.get_finished_spans()
    assert ids(parent) == (TRACE, span_id(begun.traceparent), PARENT)
    assert ids(child) == (TRACE, span_id(below.traceparent), span_id(begun.traceparent))


@pytest.mark.parametrize("invalid", [None, "", "nonsense", f"00-{'0' * 32}-{PARENT}-01"])
def test_without_a_valid_parent_a_trace_begins(exported: InMemorySpanExporter, invalid: str | None) -> None:
    begun = begin(Work("a"), invalid, "vendor=1")
    begun.end()

    (finished,) = exported.get_finished_spans()
    assert finished.parent is None
    assert (trace_id(begun.traceparent), sampled(begun), begun.tracestate) == (ids(finished)[0], True, "")


def test_a_trace_that_is_not_sampled_is_handed_on_and_not_exported(exported: InMemorySpanExporter) -> None:
    begun = begin(Work("a"), UNSAMPLED)
    begun.end()

    assert exported.get_finished_spans() == ()
    assert not begun.recorded
    assert (trace_id(begun.traceparent), sampled(begun)) == (TRACE, False)


def test_without_an_exporter_the_trace_is_handed_on_all_the_same() -> None:
    for parent in (TRACEPARENT, UNSAMPLED):
        begun = begin(Work("a"), parent, "vendor=1")
        assert not begun.recorded
        assert (trace_id(begun.traceparent), begun.traceparent[-3:]) == (TRACE, parent[-3:])
        assert span_id(begun.traceparent) != PARENT
        assert begun.tracestate == "vendor=1"


@pytest.mark.parametrize("state", ["vendor=1,other=x:y", ""])
def test_the_tracestate_is_handed_on(exported: InMemorySpanExporter, state: str) -> None:
    assert begin(Work("a"), TRACEPARENT, state).tracestate == state


def test_a_tracestate_that_is_none_is_dropped() -> None:
    assert unrecorded(TRACEPARENT, "bad\r\nX-Header: 1").tracestate == ""


# ---------------------------------------------------------------- requests


def test_a_served_request_is_named_after_its_route(exported: InMemorySpanExporter) -> None:
    headers = {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}
    end(http_spans.serve("GET", "/v1/zones/z-1", headers))

    (finished,) = exported.get_finished_spans()
    assert (finished.name, finished.kind, finished.status.status_code) == (
        "GET /v1/zones/{id}",
        SpanKind.SERVER,
        StatusCode.UNSET,
    )
    assert ids(finished)[2] == PARENT
    assert dict(finished.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/v1/zones/{id}",
        "url.path": "/v1/zones/z-1",
        "url.scheme": "http",
        "omnicloud.tenant_id": "t-1",
    }


def test_a_request_that_no_route_fits_is_named_after_its_method(exported: InMemorySpanExporter) -> None:
    end(http_spans.serve("GET", "/nothing", {}), path="/nothing", route=None, status=404, tenant_id=None)

    (finished,) = exported.get_finished_spans()
    assert finished.name == "GET"
    assert "http.route" not in finished.attributes
    assert "omnicloud.tenant_id" not in finished.attributes


@pytest.mark.parametrize(("status", "failed"), [(200, False), (404, False), (499, False), (500, True), (503, True)])
def test_only_the_servers_failures_are_failures_of_its_span(
    exported: InMemorySpanExporter, status: int, failed: bool
) -> None:
    end(http_spans.serve("GET", "/v1/zones/z-1", {}), status=status)

    (finished,) = exported.get_finished_spans()
    assert finished.status.status_code is (StatusCode.ERROR if failed else StatusCode.UNSET)
    assert finished.attributes.get("error.type") == (str(status) if failed else None)


def test_made_up_methods_make_no_names(exported: InMemorySpanExporter) -> None:
    end(http_spans.serve("BREW", "/v1/zones/z-1", {}), "BREW")

    (finished,) = exported.get_finished_spans()
    assert (finished.name, finished.attributes["http.request.method"]) == ("HTTP /v1/zones/{id}", "_OTHER")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_not_traced(exported: InMemorySpanExporter, path: str) -> None:
    end(http_spans.serve("GET", path, {"traceparent": TRACEPARENT}), path=path, route=path)
    assert exported.get_finished_spans() == ()


@pytest.mark.parametrize(("status", "error"), [(200, None), (404, "404"), (503, "503")])
def test_a_call_hands_on_its_own_span(exported: InMemorySpanExporter, status: int, error: str | None) -> None:
    url = "http://10.0.0.1:8002/v1/quotas"
    context = RequestContext(None, "c-1", TRACEPARENT, standing_clock(), tracestate="vendor=1")
    with http_spans.call("GET", "tenants", url, context, "t-1") as made:
        made.status = status

    (finished,) = exported.get_finished_spans()
    assert made.headers == {"traceparent": f"00-{TRACE}-{ids(finished)[1]}-01", "tracestate": "vendor=1"}
    assert (finished.name, finished.kind, ids(finished)[2]) == ("GET tenants", SpanKind.CLIENT, PARENT)
    expected = {
        "http.request.method": "GET",
        "http.response.status_code": status,
        "url.full": url,
        "server.address": "10.0.0.1",
        "server.port": 8002,
        "omnicloud.tenant_id": "t-1",
    }
    assert dict(finished.attributes) == expected | ({"error.type": error} if error else {})


def test_a_call_tells_nothing_of_its_query(exported: InMemorySpanExporter) -> None:
    with http_spans.call("GET", "storage", "http://10.0.0.1:8005/v1/signed/b/k?signature=abc", None, None):
        pass

    (finished,) = exported.get_finished_spans()
    assert finished.attributes["url.full"] == "http://10.0.0.1:8005/v1/signed/b/k"


def test_a_call_without_an_answer_has_failed(exported: InMemorySpanExporter) -> None:
    with pytest.raises(ConnectionError), http_spans.call("GET", "tenants", "http://10.0.0.1:8002/x", None, None):
        raise ConnectionError

    (finished,) = exported.get_finished_spans()
    assert (finished.attributes["error.type"], finished.status.status_code) == ("ConnectionError", StatusCode.ERROR)
    assert "http.response.status_code" not in finished.attributes


# ---------------------------------------------------------------- background work


def test_background_work_is_the_root_of_a_trace(exported: InMemorySpanExporter) -> None:
    with service_context("dns", "t-1", standing_clock(), work=Work("watch health")) as context:
        assert current() is context

    (finished,) = exported.get_finished_spans()
    assert (finished.name, finished.kind, finished.parent) == ("watch health", SpanKind.INTERNAL, None)
    assert parse(context.traceparent) == ids(finished)[:2]
    assert dict(finished.attributes) == {"omnicloud.tenant_id": "t-1"}


def test_background_work_with_a_cause_belongs_to_its_trace(exported: InMemorySpanExporter) -> None:
    with service_context("dns", "t-1", standing_clock(), traceparent=TRACEPARENT, tracestate="vendor=1") as context:
        assert context.tracestate == "vendor=1"

    (finished,) = exported.get_finished_spans()
    assert ids(finished) == (TRACE, span_id(context.traceparent), PARENT)


@pytest.mark.parametrize(("error", "named"), [(Conflict("in use"), "conflict"), (KeyError("x"), "KeyError")])
def test_a_block_that_raises_has_failed(exported: InMemorySpanExporter, error: Exception, named: str) -> None:
    with pytest.raises(type(error)), span(Work("a"), None):
        raise error

    (finished,) = exported.get_finished_spans()
    assert (finished.status.status_code, finished.attributes["error.type"]) == (StatusCode.ERROR, named)


# ---------------------------------------------------------------- export


def exporting(exporter: Literal["none", "console", "otlp"], name: str = "") -> SpanExport:
    """The export of a process with this exporter, not yet started."""
    return SpanExport(ServiceSettings(service_name="dns", otel_traces_exporter=exporter, otel_service_name=name))


def test_the_console_gets_one_line_a_span(capsys: pytest.CaptureFixture[str]) -> None:
    export = exporting("console")
    export.start()
    with span(Work("first", attributes={"text": "two\nlines"}), TRACEPARENT), span(Work("second"), None):
        pass
    export.stop()

    second, first = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["name"] for line in (first, second)] == ["first", "second"]
    assert (first["context"]["trace_id"], first["parent_id"]) == (f"0x{TRACE}", f"0x{PARENT}")
    assert first["attributes"] == {"text": "two\nlines"}
    assert first["resource"]["attributes"]["service.name"] == "dns"
    assert second["parent_id"] is None


def test_after_the_end_nothing_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    export = exporting("console")
    export.start()
    export.stop()

    assert not begin(Work("late"), None).recorded
    assert capsys.readouterr().out == ""


def test_a_process_may_have_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    for export in (
        SpanExport(ServiceSettings(service_name="deploy", otel_traces_exporter="console"), "deploy-worker"),
        exporting("console", "names"),
    ):
        export.start()
        begin(Work("a"), None).end()
        export.stop()

    lines = map(json.loads, capsys.readouterr().out.splitlines())
    assert [line["resource"]["attributes"]["service.name"] for line in lines] == ["deploy-worker", "names"]


def test_without_an_exporter_nothing_is_recorded() -> None:
    exporting("none").start()
    assert not begin(Work("a"), None).recorded


def test_new_traces_are_sampled_as_the_sampler_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    export = exporting("console")
    export.start()
    try:
        asked, root = begin(Work("a"), TRACEPARENT), begin(Work("b"), None)
    finally:
        export.stop()
    assert [(begun.recorded, sampled(begun)) for begun in (asked, root)] == [(True, True), (False, False)]


def test_a_missing_exporter_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kernel.trace_export.OTLP_EXPORTER", "opentelemetry.exporter.not_there")
    try:
        with pytest.raises(RuntimeError, match="pip install opentelemetry-exporter-otlp"):
            exporting("otlp").start()
    finally:
        record_with(None)
    assert not begin(Work("a"), None).recorded
