"""What a rule or a query computes from series at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.monitor.domain.errors import InvalidQuery
from services.monitor.domain.histograms import BOUND_LABEL, Bucket, over_series, parse_bound
from services.monitor.domain.labels import Labels, fingerprint, matches
from services.monitor.domain.series import STALENESS, Sample, increase, quantile, rate, value_at, window
from services.monitor.domain.slo import LONG_WINDOW, SHORT_WINDOW, burn_rate, multiwindow


class Aggregation(StrEnum):
    """`last`, `rate` and `increase` give a value a series, the others one value over all of them."""

    LAST = "last"
    RATE = "rate"
    INCREASE = "increase"
    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    QUANTILE = "quantile"
    HISTOGRAM_QUANTILE = "histogram_quantile"
    BURN_RATE = "burn_rate"


@dataclass(frozen=True)
class Series:
    """A metric with its labels and its samples in order of time."""

    name: str
    labels: Labels
    samples: Sequence[Sample]


@dataclass(frozen=True)
class Expression:
    """What to compute. `metric` counts the errors of a burn rate, `total_metric` all events."""

    metric: str
    matchers: Labels
    aggregation: Aggregation = Aggregation.LAST
    window: timedelta = STALENESS
    quantile: float | None = None
    total_metric: str | None = None
    objective: float | None = None

    @property
    def metrics(self) -> set[str]:
        """The metrics it reads."""
        return {self.metric, self.total_metric} - {None}  # type: ignore[return-value]

    @property
    def lookback(self) -> timedelta:
        """How far back it reads."""
        longest = LONG_WINDOW if self.aggregation is Aggregation.BURN_RATE else self.window
        return max(longest, STALENESS)


@dataclass(frozen=True)
class Value:
    """A result: its labels, and None where there is no data."""

    labels: Labels
    value: float | None


def check(expression: Expression) -> None:
    """Raise InvalidQuery when the parts don't fit together."""
    needs_quantile = expression.aggregation in (Aggregation.QUANTILE, Aggregation.HISTOGRAM_QUANTILE)
    if needs_quantile != (expression.quantile is not None):
        raise InvalidQuery(f"{expression.aggregation} {'needs a' if needs_quantile else 'has no'} quantile")
    burns = expression.aggregation is Aggregation.BURN_RATE
    if burns != (expression.total_metric is not None and expression.objective is not None):
        raise InvalidQuery("total_metric and objective belong to a burn_rate, and only there")


OVER_SERIES: Mapping[Aggregation, Callable[[Sequence[float]], float]] = {
    Aggregation.SUM: math.fsum,
    Aggregation.AVG: lambda values: math.fsum(values) / len(values),
    Aggregation.MIN: min,
    Aggregation.MAX: max,
    Aggregation.COUNT: lambda values: float(len(values)),
}


def evaluate(expression: Expression, series: Sequence[Series], at: datetime) -> list[Value]:
    """The values at a time. Over all series there is always one, if only to say that there is no data."""
    chosen = [each for each in series if each.name == expression.metric and matches(expression.matchers, each.labels)]
    kind = expression.aggregation
    if kind is Aggregation.LAST:
        return [Value(each.labels, value_at(each.samples, at)) for each in chosen]
    if kind in (Aggregation.RATE, Aggregation.INCREASE):
        compute = rate if kind is Aggregation.RATE else increase
        length = expression.window
        return [Value(each.labels, compute(window(each.samples, at, length), at, length)) for each in chosen]
    if kind is Aggregation.HISTOGRAM_QUANTILE:
        return [Value(expression.matchers, _histogram(expression, chosen, at))]
    if kind is Aggregation.BURN_RATE:
        return [Value(expression.matchers, _burn_rate(expression, series, at))]
    found = [value for each in chosen if (value := value_at(each.samples, at)) is not None]
    if kind is Aggregation.QUANTILE:
        return [Value(expression.matchers, quantile(expression.quantile or 0.0, found))]
    return [Value(expression.matchers, OVER_SERIES[kind](found) if found else None)]


def _histogram(expression: Expression, series: Sequence[Series], at: datetime) -> float | None:
    """The quantile of what was observed in the window, over all histograms together."""
    histograms: dict[str, list[Bucket]] = {}
    for each in series:
        bound = parse_bound(each.labels.get(BOUND_LABEL, ""))
        grown = increase(window(each.samples, at, expression.window), at, expression.window)
        if bound is None or grown is None:
            continue
        others = {label: value for label, value in each.labels.items() if label != BOUND_LABEL}
        histograms.setdefault(fingerprint(each.name, others), []).append(Bucket(bound, grown))
    result = over_series(expression.quantile or 0.0, histograms)
    return result if math.isfinite(result) else None


def _burn_rate(expression: Expression, series: Sequence[Series], at: datetime) -> float | None:
    def grown(metric: str | None, length: timedelta) -> float:
        chosen = (each for each in series if each.name == metric and matches(expression.matchers, each.labels))
        return math.fsum(increase(window(each.samples, at, length), at, length) or 0.0 for each in chosen)

    def burnt(length: timedelta) -> float | None:
        total = grown(expression.total_metric, length)
        return burn_rate(grown(expression.metric, length), total, expression.objective or 0.0)

    return multiwindow(burnt(LONG_WINDOW), burnt(SHORT_WINDOW))
