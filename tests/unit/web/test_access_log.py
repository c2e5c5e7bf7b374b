"""The line by which a request is found again."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kernel.context import RequestContext
from shared.kernel.identity import Identity
from shared.web import access_log
from tests.unit.clocks import standing_clock

TRACE = "00-1234567890abcdef1234567890abcdef-1234567890abcdef-01"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            written.append({"event": event, **fields})

    monkeypatch.setattr(access_log, "log", Log())
    return written


def context(identity: Identity | None) -> RequestContext:
    return RequestContext(identity=identity, correlation_id="c-1", traceparent=TRACE, clock=standing_clock())


def test_a_request_is_found_by_trace_correlation_and_tenant(lines: list[dict[str, Any]]) -> None:
    user = Identity("user:1", "t-1", "user")
    access_log.note(context(user), "GET", path="/v1/x/1", route="/v1/x/{id}", status=503, seconds=0.01234)
    assert lines == [
        {
            "event": "request", "method": "GET", "path": "/v1/x/1", "route": "/v1/x/{id}", "status": 503,
            "milliseconds": 12.3, "correlation_id": "c-1", "trace_id": "1234567890abcdef1234567890abcdef",
            "tenant_id": "t-1", "actor": "user:1",
        }
    ]  # fmt: skip


def test_a_request_of_nobody_has_a_line_and_a_probe_has_none(lines: list[dict[str, Any]]) -> None:
    access_log.note(context(None), "POST", path="/v1/tokens", route=None, status=401, seconds=1, tenant_id=None)
    for path in ("/healthz", "/readyz", "/metrics"):
        access_log.note(context(None), "GET", path=path, route=path, status=200, seconds=1)
    assert [(line["path"], line["tenant_id"], line["actor"]) for line in lines] == [("/v1/tokens", None, None)]
