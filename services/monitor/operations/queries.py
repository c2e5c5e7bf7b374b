"""Queries: the values of an expression over time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.monitor.domain import expressions
from services.monitor.domain.errors import InvalidQuery
from services.monitor.domain.expressions import Expression, Value
from services.monitor.domain.labels import Labels, fingerprint
from services.monitor.repository import SeriesRepository

MAX_POINTS = 11_000
"""Points of one series in an answer, as Prometheus limits them."""


def query_range(
    session: Session, expression: Expression, start: datetime, end: datetime, step: timedelta
) -> list[tuple[Labels, list[tuple[datetime, float]]]]:
    """The values of an expression at start, start + step, … up to end, by labels. Raises InvalidQuery."""
    expressions.check(expression)
    if end < start or (end - start) / step > MAX_POINTS:
        raise InvalidQuery(f"from start to end there must be 0 to {MAX_POINTS} steps")
    series = SeriesRepository(session).between(expression.metrics, start - expression.lookback, end)
    points: dict[str, list[tuple[datetime, float]]] = {}
    labels: dict[str, Labels] = {}
    at = start
    while at <= end:
        for found in expressions.evaluate(expression, series, at):
            _collect(found, at, points, labels)
        at += step
    return [(labels[key], points[key]) for key in points]


def _collect(
    found: Value, at: datetime, points: dict[str, list[tuple[datetime, float]]], labels: dict[str, Labels]
) -> None:
    if found.value is None:
        return
    key = fingerprint("", found.labels)
    labels[key] = found.labels
    points.setdefault(key, []).append((at, found.value))
