"""One request is one trace, over HTTP and over the event bus: every span is the child of what caused it."""

import pytest

from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.spans import Span, Trace, need_printed_spans

SERVICES = ("gateway", "storage", "tenants", "audit", "compliance")
CREATED = "storage.bucket.created"


def only(spans: list[Span], service: str, name: str) -> Span:
    """The one span of this service and name."""
    found = [span for span in spans if (span.service, span.name) == (service, name)]
    assert len(found) == 1, (service, name, sorted((span.service, span.name) for span in spans))
    return found[0]


@pytest.mark.services(*SERVICES)
def test_a_request_its_calls_its_event_and_their_handling_are_one_trace(fleet: FleetControl, tenant: Tenant) -> None:
    need_printed_spans()
    # Given a caller who traces
    trace = Trace()
    # When it makes a bucket: storage reserves quota at tenants and tells of the bucket, which others hear
    path = "/api/storage/v1/buckets"
    answer = tenant.api.post(path, json={"name": "traced"}, headers=trace.headers)
    assert (answer.status_code, answer.headers["x-trace-id"]) == (201, trace.id)

    # Then all of it is one trace, and nothing in it is without its parent
    def complete() -> list[Span]:
        spans = trace.spans(fleet, SERVICES)
        only(spans, "audit", f"CloudEvents Process {CREATED}")
        only(spans, "compliance", f"CloudEvents Process {CREATED}")
        known = {span.id for span in spans} | {trace.root}
        assert [span for span in spans if span.parent not in known] == []
        return spans

    spans = eventually(complete)
    served = only(spans, "gateway", "POST /api/{path:path}")
    forwarded = only(spans, "gateway", "POST storage")
    stored = only(spans, "storage", "POST /v1/buckets")
    created = only(spans, "storage", f"CloudEvents Create {CREATED}")
    handled = [only(spans, service, f"CloudEvents Process {CREATED}") for service in ("audit", "compliance")]
    assert served.parent == trace.root
    assert forwarded.parent == served.id
    assert stored.parent == forwarded.id
    assert created.parent == stored.id
    assert [span.parent for span in handled] == [created.id, created.id]
    assert [span.kind for span in (served, forwarded, stored, created, *handled)] == [
        "SERVER", "CLIENT", "SERVER", "PRODUCER", "CONSUMER", "CONSUMER",
    ]  # fmt: skip
    assert {span.attributes["omnicloud.tenant_id"] for span in (served, forwarded, stored, *handled)} == {tenant.id}
    # And the call that reserved quota is a child of the request, and the parent of what tenants did
    asked = next(span for span in spans if span.name == "POST tenants" and span.parent == stored.id)
    answered = next(span for span in spans if span.service == "tenants" and span.parent == asked.id)
    assert (asked.kind, answered.kind) == ("CLIENT", "SERVER")
    assert answered.attributes["http.response.status_code"] == asked.attributes["http.response.status_code"]


@pytest.mark.services("tenants")
def test_a_request_of_a_trace_that_is_not_sampled_leaves_no_spans(fleet: FleetControl, tenant: Tenant) -> None:
    need_printed_spans()
    quiet, heard = Trace(), Trace()
    unsampled = {"traceparent": quiet.headers["traceparent"][:-2] + "00"}
    for headers in (unsampled, heard.headers):
        assert tenant.api.get("/api/tenants/v1/projects", headers=headers).status_code == 200

    eventually(lambda: len(heard.spans(fleet, ("gateway", "tenants"))) == 3)
    assert quiet.spans(fleet, ("gateway", "tenants")) == []
