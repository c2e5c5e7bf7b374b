"""Prometheus metrics of a process. The label is the route's template, never the raw path: cardinality stays bounded."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

UNMATCHED = "unmatched"

_requests = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
_seconds = Histogram(
    "http_request_duration_seconds",
    "Time to answer a request",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


def observe_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count one answered request under its route template."""
    label = route or UNMATCHED
    _requests.labels(method, label, str(status)).inc()
    _seconds.labels(method, label).observe(seconds)


def exposition() -> tuple[bytes, str]:
    """All metrics of this process in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
