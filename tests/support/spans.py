"""Spans that services have printed into their logs, for fleets whose exporter is the console."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.fleet import FleetControl

LOG_LINES = 2000
"""More than a service writes between a request and a look at its log."""


@dataclass(frozen=True)
class Span:
    """One span, as the SDK writes it: identifiers in hexadecimal digits."""

    service: str
    name: str
    kind: str
    id: str
    parent: str | None
    attributes: dict[str, Any]


class Trace:
    """A new trace, in which a test is the first span."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(16)
        self.root = secrets.token_hex(8)

    @property
    def headers(self) -> dict[str, str]:
        """What makes a request a part of it, and its spans be kept."""
        return {"traceparent": f"00-{self.id}-{self.root}-01"}

    def spans(self, fleet: FleetControl, services: Iterable[str]) -> list[Span]:
        """All of its spans that these services have ended by now."""
        return [span for service in services for span in self._of(fleet.logs(service, LOG_LINES))]

    def _of(self, lines: Iterable[str]) -> Iterator[Span]:
        for line in lines:
            if self.id in line and '"parent_id"' in line:
                yield _span(json.loads(line[line.index("{") :]))


def _span(printed: dict[str, Any]) -> Span:
    parent = printed["parent_id"]
    return Span(
        service=printed["resource"]["attributes"]["service.name"],
        name=printed["name"],
        kind=printed["kind"].removeprefix("SpanKind."),
        id=printed["context"]["span_id"].removeprefix("0x"),
        parent=parent.removeprefix("0x") if parent else None,
        attributes=printed["attributes"],
    )


def need_printed_spans() -> None:
    """Skip the test where the fleet was started by somebody who didn't say that it prints spans."""
    if "OMNICLOUD_URL" in os.environ and os.environ.get("OTEL_TRACES_EXPORTER") != "console":
        pytest.skip("spans are seen when OTEL_TRACES_EXPORTER=console is set for the fleet and for the tests")
