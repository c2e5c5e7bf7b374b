"""Backends, and which of them take new connections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.loadbalancer.domain.outliers import is_ejected

MAX_WEIGHT = 256
"""As HAProxy has it."""
WEIGHT_STEPS = 256
"""Parts of one unit of weight, so that a slow start has steps at weight 1, too."""
MAX_BACKENDS = 250
"""In one pool: a pick looks at all of them, and the largest ring that they make is built in seconds."""
PANIC_PERCENT = 50
"""Below this share of healthy backends health is ignored (Envoy's `healthy_panic_threshold`)."""


class AdminState(StrEnum):
    """What the tenant wants of a backend. A draining one keeps its connections and gets no new ones."""

    ACTIVE = "active"
    DRAINING = "draining"


@dataclass(frozen=True)
class Backend:
    """A backend as the algorithms see it. `current_weight` is the memory of smooth weighted round robin."""

    id: str
    weight: int = 1
    state: AdminState = AdminState.ACTIVE
    healthy: bool = True
    current_weight: int = 0
    connections: int = 0
    ejected_until: datetime | None = None
    admitted_at: datetime | None = None


def takes_new_connections(backend: Backend) -> bool:
    """Whether the backend is to get new connections at all: neither draining nor of weight 0."""
    return backend.state is AdminState.ACTIVE and backend.weight > 0


def is_usable(backend: Backend, now: datetime) -> bool:
    """Whether the backend works: its checks succeed and it isn't ejected as an outlier."""
    return backend.healthy and not is_ejected(backend.ejected_until, now)


def in_panic(usable: int, total: int, threshold_percent: int = PANIC_PERCENT) -> bool:
    """Whether so few are usable that the rest would be overrun: strictly less than the threshold. 0 never panics."""
    return usable * 100 < total * threshold_percent


@dataclass(frozen=True)
class Choice:
    """Who may be chosen, and whether health was ignored for it."""

    candidates: list[Backend]
    panic: bool


def candidates(backends: Sequence[Backend], now: datetime, threshold_percent: int = PANIC_PERCENT) -> Choice:
    """The backends that a new connection may go to.

    Draining ones and those of weight 0 never get one, not even in panic; unusable ones only in panic.
    """
    wanted = [backend for backend in backends if takes_new_connections(backend)]
    usable = [backend for backend in wanted if is_usable(backend, now)]
    if in_panic(len(usable), len(wanted), threshold_percent):
        return Choice(wanted, panic=True)
    return Choice(usable, panic=False)


def begins_slowly(others: Iterable[Backend], now: datetime, seconds: int) -> bool:
    """Whether a backend that is admitted now begins with a small share of the connections.

    Only beside one that works and has all of its weight (AWS: a target enters slow start mode only when there is a
    healthy one that isn't in it): else there is nobody to carry the load meanwhile.
    """
    return seconds > 0 and any(
        takes_new_connections(each)
        and is_usable(each, now)
        and slow_start_weight(each.weight, each.admitted_at, now, seconds) == each.weight * WEIGHT_STEPS
        for each in others
    )


def slow_start_weight(weight: int, admitted_at: datetime | None, now: datetime, seconds: int) -> int:
    """A backend's weight in `WEIGHT_STEPS`: for a while after its admission it grows evenly, from one step on.

    An admission that is further ahead than that while is of a clock that was set back.
    """
    full = weight * WEIGHT_STEPS
    if admitted_at is None or seconds <= 0 or weight <= 0:
        return full
    elapsed = (now - admitted_at).total_seconds()
    if abs(elapsed) >= seconds:
        return full
    return max(1, int(full * max(elapsed, 0.0) / seconds))
