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


def increase(samples: Sequence[Sample]) -> float | None:
    """How much a counter grew over samples in order of time. None for fewer than two.

    A value below the one before it means that the counter began anew at zero, so all of it is growth.
    """
    if len(samples) < 2:
        return None
    return math.fsum(
        after.value - before.value if after.value >= before.value else after.value
        for before, after in pairwise(samples)
    )


def rate(samples: Sequence[Sample]) -> float | None:
    """A counter's growth per second between the first and the last sample. None for fewer than two."""
    grown = increase(samples)
    if grown is None:
        return None
    seconds = (samples[-1].at - samples[0].at).total_seconds()
    return grown / seconds if seconds > 0 else None


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
