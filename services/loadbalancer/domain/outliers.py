"""Outlier ejection (Envoy's outlier detection): who fails its requests in a row is left out for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CONSECUTIVE_FAILURES = 5
BASE_EJECTION = timedelta(seconds=30)
MAX_EJECTION = timedelta(seconds=300)
MAX_EJECTED_PERCENT = 50
DECAY_INTERVAL = timedelta(seconds=10)
"""For every such time that a backend has stood since it came back, its next ejection is one step shorter."""


@dataclass(frozen=True)
class Outlier:
    """A backend's failed requests in a row, how often it was ejected, and until when it is."""

    failures: int = 0
    ejections: int = 0
    ejected_until: datetime | None = None


def is_ejected(until: datetime | None, now: datetime) -> bool:
    """Whether a backend is left out now. A time further off than twice the longest ejection is of a clock that was set
    back; twice, because clocks of several instances differ."""
    return until is not None and now < until <= now + 2 * MAX_EJECTION


def may_eject(ejected: int, total: int, max_percent: int = MAX_EJECTED_PERCENT) -> bool:
    """Whether one more of `total` backends may be ejected, `ejected` being so already."""
    return (ejected + 1) * 100 <= total * max_percent


def ejection_time(ejections: int) -> timedelta:
    """How long the n-th ejection lasts: n times the base, up to the maximum."""
    return min(BASE_EJECTION * ejections, MAX_EJECTION)


def forgiven(outlier: Outlier, now: datetime) -> int:
    """How many of a backend's ejections still count: one less for each interval that it has stood since the last."""
    if outlier.ejected_until is None or now <= outlier.ejected_until:
        return outlier.ejections
    return max(0, outlier.ejections - (now - outlier.ejected_until) // DECAY_INTERVAL)


def record(outlier: Outlier, succeeded: bool, now: datetime, *, may_be_ejected: bool) -> Outlier:
    """After a request. A success ends the row of failures; the last allowed failure ejects, where that is allowed.

    What was under way when the backend was ejected says nothing new of it.
    """
    if succeeded:
        return Outlier(0, outlier.ejections, outlier.ejected_until)
    if is_ejected(outlier.ejected_until, now):
        return outlier
    failures = outlier.failures + 1
    if failures < CONSECUTIVE_FAILURES or not may_be_ejected:
        return Outlier(failures, outlier.ejections, outlier.ejected_until)
    ejections = forgiven(outlier, now) + 1
    return Outlier(0, ejections, now + ejection_time(ejections))
