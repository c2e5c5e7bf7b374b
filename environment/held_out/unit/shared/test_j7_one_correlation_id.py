"""A correlation id goes with a request over every hop, and is made where there is none that can be sent on."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clients.http import ServiceClient
from shared.infra.registry import Instance
from shared.kernel.context import RequestContext, use_context
from shared.kernel.http_spans import serve
from shared.settings import ServiceSettings
from shared.web.edge import context_from_headers, response_headers
from tests.unit.clocks import standing_clock

SETTINGS = ServiceSettings(service_name="compute", identity_signing_key="k" * 32)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128)


def received(headers: dict[str, str]) -> RequestContext:
    """The context of a request with these headers, as they come in."""
    lowered = {name.lower(): value for name, value in headers.items()}
    context, _ = context_from_headers(lowered, SETTINGS, standing_clock(), serve("GET", "/v1/x", lowered))
    return context


def called(context: RequestContext) -> dict[str, str]:
    """The headers of a call to another service in this context."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    client = ServiceClient(
        "tenants",
        SETTINGS,
        standing_clock(),
        transport=httpx.MockTransport(answer),
        lookup=lambda _service: (Instance("tenants-1", "tenants", "10.0.0.1:8002"),),
    )
    with use_context(context):
        client.get("/v1/quotas", tenant_id="t-1")
    return dict(requests[0].headers)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(PRINTABLE)
def test_it_is_kept_over_three_hops_and_told_to_the_caller(id: str) -> None:
    sent = {"X-Correlation-Id": id}
    for _hop in range(3):
        context = received(sent)
        assert context.correlation_id == id
        assert response_headers(context, SETTINGS)["x-correlation-id"] == id
        sent = called(context)


@pytest.mark.parametrize("unfit", ["", "x" * 129, "two\nlines", "größe", "a\x7fb"])
def test_one_that_can_not_be_sent_on_is_replaced(unfit: str) -> None:
    found = [received({"X-Correlation-Id": unfit}).correlation_id for _ in range(2)]
    assert unfit not in found
    assert len(set(found)) == 2
    assert all(each.startswith("c-") for each in found)


def test_without_one_each_request_has_its_own() -> None:
    assert len({received({}).correlation_id for _ in range(5)}) == 5
