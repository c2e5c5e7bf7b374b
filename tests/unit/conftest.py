"""Unit tests know no time but what they set, and end the same way each time on a machine however busy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.kernel.tracing import record_with
from shared.utils.clock import SteppedClock, SystemClock

# The same examples in each run, and no limit on how long one of them takes.
settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def no_wall_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that reads the wall clock by itself fails its test; only the clocks' own tests may (`wall_clock`)."""
    if request.node.get_closest_marker("wall_clock") is None:
        for clock in (SystemClock, SteppedClock):
            monkeypatch.setattr(clock, "now", _refuse)


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """Spans are recorded, and kept here when they end."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    record_with(provider.get_tracer("tests"))
    yield exporter
    record_with(None)


def _refuse(_clock: object) -> NoReturn:
    raise AssertionError("the wall clock was read: pass the time or a FixedClock in")
