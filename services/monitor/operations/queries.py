"""Queries: the values of an expression over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from services.monitor.domain import expressions
from services.monitor.domain.errors import InvalidQuery, TooManySamples
from services.monitor.domain.expressions import Expression, Series, Value
from services.monitor.domain.labels import Labels
from services.monitor.ports import Ports
from services.monitor.repository import SeriesRepository

MAX_POINTS = 11_000
"""Points of one series in an answer, as Prometheus limits them."""
MAX_WORK = 2_000_000
"""Values that one query may look at: a second or two of computing."""


def query_range(
    session: Session, ports: Ports, expression: Expression, start: datetime, end: datetime, step: timedelta
) -> list[tuple[Labels, list[tuple[datetime, float]]]]:
    """The values of an expression at start, start + step, … up to end, by labels.

    Raises InvalidQuery or TooManySamples.
    """
    expressions.check(expression)
    steps = (end - start) / step
    if not 0 <= steps <= MAX_POINTS:
        raise InvalidQuery(f"from start to end there must be 0 to {MAX_POINTS} steps")
    starts = dict.fromkeys(expression.metrics, start - expression.lookback)
    by_name = SeriesRepository(session).between(starts, end, ports.settings.max_query_samples)
    series = [each for found in by_name.values() for each in found]
    _check_work(expression, series, int(steps) + 1, step)
    points: dict[int, list[tuple[datetime, float]]] = {}
    labels: dict[int, Labels] = {}
    at = start
    while at <= end:
        for found in expressions.evaluate(expression, series, at):
            _collect(found, at, points, labels)
        at += step
    return [(labels[key], points[key]) for key in points]


def _check_work(expression: Expression, series: Sequence[Series], times: int, step: timedelta) -> None:
    """Raise TooManySamples when the answer takes too long to compute: a sample counts as often as windows hold it."""
    windows = min(times, expression.lookback // step + 1)
    work = times * len(series) + windows * sum(len(each.samples) for each in series)
    if work > MAX_WORK:
        raise TooManySamples(f"{work} values would be computed with, {MAX_WORK} may", limit=MAX_WORK)


def _collect(
    found: Value, at: datetime, points: dict[int, list[tuple[datetime, float]]], labels: dict[int, Labels]
) -> None:
    if found.value is None:
        return
    key = id(found.labels)  # A series has its labels in one mapping, at whatever time it is looked at.
    labels[key] = found.labels
    points.setdefault(key, []).append((at, found.value))
