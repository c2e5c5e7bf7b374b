"""Quantiles of histograms with cumulative buckets, as Prometheus' `histogram_quantile` computes them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BOUND_LABEL = "le"
BOUND = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)", re.ASCII | re.IGNORECASE)
"""How Prometheus' clients write numbers."""
TOLERANCE = 1e-12
"""Of a count: smaller differences are errors of floating point (Prometheus' `correctPrecisionErrors`)."""


@dataclass(frozen=True)
class Bucket:
    """How many observations were less than or equal to an upper bound."""

    upper_bound: float
    count: float


def parse_bound(text: str) -> float | None:
    """The number in a `le` label; None when there is none. Neither NaN nor Python's own spellings are one."""
    if not BOUND.fullmatch(text):
        return None
    return float(text)


def merged(histograms: Iterable[Sequence[Bucket]]) -> list[Bucket]:
    """One histogram of several: counts are added bound by bound. Quantiles can't be averaged, counts can be added."""
    counts: defaultdict[float, float] = defaultdict(float)
    for buckets in histograms:
        for bucket in buckets:
            counts[bucket.upper_bound] += bucket.count
    return [Bucket(bound, counts[bound]) for bound in sorted(counts)]


def histogram_quantile(q: float, buckets: Sequence[Bucket]) -> float:
    """The q-quantile, with observations evenly spread in each bucket.

    NaN without observations, without a +Inf bucket, and where the rank falls into an empty bucket (rank 0 alone does).
    In the +Inf bucket the answer is the highest finite bound; in a lowest bucket whose bound isn't positive, that
    bound.
    """
    if math.isnan(q):
        return math.nan
    if q < 0:
        return -math.inf
    if q > 1:
        return math.inf
    ordered = _monotonic(sorted(buckets, key=lambda bucket: bucket.upper_bound))
    if len(ordered) < 2 or ordered[-1].upper_bound != math.inf:
        return math.nan
    total = ordered[-1].count
    if total <= 0:
        return math.nan
    rank = q * total
    place = next(index for index, bucket in enumerate(ordered) if bucket.count >= rank)
    if place == len(ordered) - 1:
        return ordered[-2].upper_bound
    return _within(ordered, place, rank)


def over_series(q: float, histograms: Mapping[str, Sequence[Bucket]]) -> float:
    """The q-quantile over the observations of all series together."""
    return histogram_quantile(q, merged(histograms.values()))


def _within(ordered: Sequence[Bucket], place: int, rank: float) -> float:
    """Interpolated inside of one bucket."""
    upper = ordered[place].upper_bound
    if place == 0 and upper <= 0:
        return upper
    lower = ordered[place - 1].upper_bound if place else 0.0
    below = ordered[place - 1].count if place else 0.0
    inside = ordered[place].count - below
    return lower + (upper - lower) * ((rank - below) / inside) if inside else math.nan


def _monotonic(ordered: Sequence[Bucket]) -> list[Bucket]:
    """Cumulative counts never fall; scrapes that are not of one moment can make it look so.

    A rise that is no more than an error of floating point is none either: it would put a quantile elsewhere.
    """
    highest = -math.inf
    fixed = []
    for bucket in ordered:
        if bucket.count - highest > bucket.count * TOLERANCE:
            highest = bucket.count
        fixed.append(Bucket(bucket.upper_bound, highest))
    return fixed
