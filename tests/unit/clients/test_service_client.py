"""A call to another service: what goes out, what comes back, and how often it is tried."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.clients.errors import CircuitOpen, UpstreamNotReached, UpstreamUnavailable
from shared.clients.http import ServiceClient
from shared.errors import BadGateway, Conflict, DeadlineExceeded, OmniCloudError, ServiceUnavailable, Unauthenticated
from shared.infra.registry import Instance
from shared.kernel.context import RequestContext, service_context, use_context
from shared.kernel.identity import Identity, verify_identity
from shared.settings import ServiceSettings
from shared.utils.clock import Clock, FixedClock
from shared.utils.deadline import Deadline
from tests.unit.clocks import NOW, standing_clock

KEY = "a-signing-key-of-at-least-thirty-two-bytes"
SETTINGS = ServiceSettings(service_name="compute", identity_signing_key=KEY, request_timeout_seconds=15.0)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CLOCK = standing_clock()
INSTANCE = Instance("tenants-1", "tenants", "10.0.0.1:8002")


class Tenants:
    """An upstream that answers by a script; the last line of it goes on for ever."""

    def __init__(self, *script: int | httpx.Response | Exception) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, Exception):
            raise line
        return line if isinstance(line, httpx.Response) else httpx.Response(line, json={"ok": True})


def client_of(upstream: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None) -> ServiceClient:
    return ServiceClient(
        "tenants",
        SETTINGS,
        clock or CLOCK,
        transport=httpx.MockTransport(upstream),
        lookup=lambda _service: (INSTANCE,),
    )


@pytest.fixture(autouse=True)
def context() -> Iterator[RequestContext]:
    with service_context(
        "compute", "t-1", CLOCK, actor="u-9", correlation_id="c-42", traceparent=TRACEPARENT
    ) as present:
        yield present


def test_the_answer_is_the_parsed_json() -> None:
    upstream = Tenants(200)

    assert client_of(upstream).get("/v1/quotas", params={"resource": "vcpus"}) == {"ok": True}

    (request,) = upstream.requests
    assert str(request.url) == "http://10.0.0.1:8002/v1/quotas?resource=vcpus"


def test_an_empty_answer_is_none() -> None:
    assert client_of(Tenants(httpx.Response(204))).delete("/v1/projects/p-1") is None


def test_it_calls_as_the_service_in_the_tenant_on_behalf_of_the_caller() -> None:
    upstream = Tenants(200)

    client_of(upstream).get("/v1/quotas")

    identity = verify_identity(upstream.requests[0].headers["X-Omnicloud-Identity"], KEY, NOW)
    assert identity == Identity("service:compute", "t-1", "service", actor="u-9")


def test_the_tenant_may_be_named() -> None:
    upstream = Tenants(200)

    client_of(upstream).get("/v1/quotas", tenant_id="t-2")

    assert verify_identity(upstream.requests[0].headers["X-Omnicloud-Identity"], KEY, NOW).tenant_id == "t-2"


def test_the_correlation_id_is_kept_and_the_trace_goes_on() -> None:
    upstream = Tenants(503, 200)

    client_of(upstream).get("/v1/quotas")

    assert [request.headers["X-Correlation-Id"] for request in upstream.requests] == ["c-42", "c-42"]
    spans = [request.headers["traceparent"].split("-")[1:3] for request in upstream.requests]
    assert {trace for trace, _ in spans} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert len({span for _, span in spans} | {"00f067aa0ba902b7"}) == 3


def test_the_host_is_the_name_of_the_service() -> None:
    upstream = Tenants(200)

    client_of(upstream).get("/v1/quotas")

    assert upstream.requests[0].headers["Host"] == "tenants.service.consul"


def test_without_any_tenant_nothing_is_sent() -> None:
    upstream = Tenants(200)
    nobody = RequestContext(identity=None, correlation_id="c-1", traceparent=TRACEPARENT, clock=CLOCK)

    with use_context(nobody), pytest.raises(Unauthenticated):
        client_of(upstream).get("/v1/quotas")

    assert upstream.requests == []


def test_what_is_left_of_the_time_goes_with_the_request() -> None:
    clock = FixedClock(datetime(2025, 1, 1, tzinfo=UTC))
    upstream = Tenants(200)
    deadline = Deadline.after(3.0, clock)
    clock.advance(timedelta(seconds=1))
    context = RequestContext(Identity.for_service("compute", "t-1"), "c-1", TRACEPARENT, CLOCK, deadline=deadline)

    with use_context(context):
        client_of(upstream).get("/v1/quotas")
        client_of(upstream).get("/v1/quotas", timeout=0.5)

    assert [request.headers["X-Request-Deadline-Ms"] for request in upstream.requests] == ["2000", "500"]


def test_a_call_without_a_deadline_has_the_usual_budget() -> None:
    upstream = Tenants(200)

    client_of(upstream, FixedClock(datetime(2025, 1, 1, tzinfo=UTC))).get("/v1/quotas")

    assert upstream.requests[0].headers["X-Request-Deadline-Ms"] == "15000"


def test_when_the_time_is_up_nothing_is_sent() -> None:
    clock = FixedClock(datetime(2025, 1, 1, tzinfo=UTC))
    context = RequestContext(
        Identity.for_service("compute", "t-1"), "c-1", TRACEPARENT, CLOCK, deadline=Deadline.after(0.0, clock)
    )
    upstream = Tenants(200)

    with use_context(context), pytest.raises(DeadlineExceeded):
        client_of(upstream).get("/v1/quotas")

    assert upstream.requests == []


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_is_tried_three_times(status: int) -> None:
    upstream = Tenants(status)

    with pytest.raises(OmniCloudError) as caught:
        client_of(upstream).get("/v1/quotas")

    assert caught.value.status == status
    assert len(upstream.requests) == 3


def test_a_write_without_a_key_is_sent_once() -> None:
    upstream = Tenants(503)

    with pytest.raises(ServiceUnavailable):
        client_of(upstream).post("/v1/quota/reservations", {"amount": 1})

    assert len(upstream.requests) == 1


def test_a_write_with_a_key_is_repeated_with_the_same_key_and_body() -> None:
    upstream = Tenants(503, httpx.ReadError("reset"), 200)

    assert client_of(upstream).post("/v1/x", {"amount": 1}, idempotency_key="k-1") == {"ok": True}

    assert [request.headers["Idempotency-Key"] for request in upstream.requests] == ["k-1"] * 3
    assert {request.content for request in upstream.requests} == {b'{"amount":1}'}


def test_a_write_that_never_arrived_may_always_be_sent_again() -> None:
    upstream = Tenants(httpx.ConnectError("refused"), 200)

    assert client_of(upstream).post("/v1/x", {}) == {"ok": True}


def test_a_write_that_may_have_arrived_is_not() -> None:
    upstream = Tenants(httpx.ReadTimeout("slow"), 200)

    with pytest.raises(UpstreamUnavailable):
        client_of(upstream).post("/v1/x", {})

    assert len(upstream.requests) == 1


def test_an_upstream_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(UpstreamNotReached) as caught:
        client_of(Tenants(httpx.ConnectError("refused"))).get("/v1/x")

    assert (caught.value.status, caught.value.code) == (503, "upstream_unavailable")
    assert caught.value.detail == "tenants can't be reached"


def test_a_problem_of_the_upstream_is_raised_as_it_is_and_not_retried() -> None:
    problem = {"code": "tenant_closed", "detail": "the tenant is closed", "status": 409}
    upstream = Tenants(httpx.Response(409, json=problem))

    with pytest.raises(Conflict) as caught:
        client_of(upstream).get("/v1/x")

    assert (caught.value.code, caught.value.detail) == ("tenant_closed", "the tenant is closed")
    assert len(upstream.requests) == 1


def test_an_answer_that_is_no_json_is_a_bad_gateway() -> None:
    with pytest.raises(BadGateway, match="isn't JSON"):
        client_of(Tenants(httpx.Response(200, text="<html>"))).get("/v1/x")


def test_after_five_failures_in_a_row_it_is_left_alone() -> None:
    upstream = Tenants(503)
    client = client_of(upstream)
    for tenant in ("t-1", "t-2", "t-1", "t-2", "t-1"):
        with pytest.raises(Exception, match="answered 503"):
            client.post("/v1/x", {}, tenant_id=tenant)

    with pytest.raises(CircuitOpen):
        client.post("/v1/x", {}, tenant_id="t-3")

    assert len(upstream.requests) == 5


@pytest.mark.parametrize(("status", "tenants"), [(503, ["t-1"] * 20), (500, ["t-1", "t-2"] * 10)])
def test_what_fails_for_one_tenant_or_by_a_request_of_its_kind_closes_it_to_nobody(
    status: int, tenants: list[str]
) -> None:
    upstream = Tenants(status)
    client = client_of(upstream)
    for tenant in tenants:
        with pytest.raises(Exception, match=f"answered {status}"):
            client.post("/v1/x", {}, tenant_id=tenant)

    assert len(upstream.requests) == 20


def test_refusals_of_requests_with_little_time_do_not_open_the_circuit() -> None:
    upstream = Tenants(503)
    client = client_of(upstream)
    for number in range(20):
        with pytest.raises(Exception, match="answered 503"):
            client.post("/v1/x", {}, tenant_id=f"t-{number}", timeout=1.0)

    assert len(upstream.requests) == 20


def test_refusals_of_the_caller_do_not_open_the_circuit() -> None:
    upstream = Tenants(404)
    client = client_of(upstream)
    for _ in range(20):
        with pytest.raises(Exception, match="answered 404"):
            client.get("/v1/x")

    assert len(upstream.requests) == 20
