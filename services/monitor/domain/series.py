"""Values of series at a time: staleness, counters and their rates, aggregation over series."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

STALENESS = timedelta(minutes=5)
"""How old the newest sample may be; an older one says nothing of the present (Prometheus' lookback)."""

NEAR = 1.1
"""Of the mean distance between samples: where the next one would be expected at the latest (Prometheus)."""


@dataclass(frozen=True)
class Sample:
    """A value at a time."""

    at: datetime
    value: float


def value_at(samples: Sequence[Sample], at: datetime) -> float | None:
    """The newest value at or before a time, samples being in order of time. None when it is stale, or there is none."""
    place = bisect.bisect_right(samples, at, key=lambda sample: sample.at)
    if place == 0 or at - samples[place - 1].at >= STALENESS:
        return None
    return samples[place - 1].value


def window(samples: Sequence[Sample], at: datetime, length: timedelta) -> Sequence[Sample]:
    """The samples of the half-open window (at - length, at]."""
    start = bisect.bisect_right(samples, at - length, key=lambda sample: sample.at)
    end = bisect.bisect_right(samples, at, key=lambda sample: sample.at)
    return samples[start:end]


def increase(samples: Sequence[Sample], at: datetime, length: timedelta) -> float | None:
    """How much a counter grew in the window (at - length, at], whose samples these are. None for fewer than two.

    What was seen to grow is extrapolated to the window's borders, as Prometheus 3 does (`extrapolatedRate`), so that
    whole counts can give fractions.
    """
    if len(samples) < 2:
        return None
    return growth(samples) * _extrapolation(samples, at, length)


def rate(samples: Sequence[Sample], at: datetime, length: timedelta) -> float | None:
    """A counter's growth per second over the whole window: its increase by the window's seconds. None as there."""
    grown = increase(samples, at, length)
    return None if grown is None else grown / length.total_seconds()


def growth(samples: Sequence[Sample]) -> float:
    """How much a counter was seen to grow from the first sample to the last.

    A value below the one before it means that the counter began anew at zero, so all of it is growth.
    """
    return math.fsum(
        after.value - before.value if after.value >= before.value else after.value
        for before, after in pairwise(samples)
    )


def _extrapolation(samples: Sequence[Sample], at: datetime, length: timedelta) -> float:
    """By how much more than it was seen to grow a counter grows in the window.

    A border that is nearer than 1.1 times the mean distance between samples counts in full, a farther one with half of
    that distance: the series then began or ended inside of the window. No counter grows from below zero.
    """
    seen = (samples[-1].at - samples[0].at).total_seconds()
    between = seen / (len(samples) - 1)
    before = (samples[0].at - (at - length)).total_seconds()
    after = (at - samples[-1].at).total_seconds()
    before, after = (to_border if to_border < between * NEAR else between / 2 for to_border in (before, after))
    grown = growth(samples)
    if grown > 0 and samples[0].value >= 0:
        before = min(before, seen * (samples[0].value / grown))
    return (before + seen + after) / seen


def quantile(q: float, values: Sequence[float]) -> float | None:
    """The q-quantile of values, interpolated between the two nearest ranks, as Prometheus does. None for no values."""
    if not values:
        return None
    if q < 0:
        return -math.inf
    if q > 1:
        return math.inf
    ordered = sorted(values)
    rank = q * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight
