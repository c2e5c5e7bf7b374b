"""The life of an alert: inactive, pending, firing, resolved (Prometheus' alerting rules)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert is. `inactive` ones are not kept: their condition cleared before they fired."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Operator(StrEnum):
    """How a value is compared with the threshold."""

    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="


COMPARE: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
}


def holds(value: float | None, comparison: Operator, threshold: float) -> bool | None:
    """Whether the condition holds; None when there is no data, which is neither yes nor no."""
    return None if value is None else COMPARE[comparison](value, threshold)


@dataclass(frozen=True)
class Timing:
    """For how long the condition must hold before the alert fires, and how long it fires after it last held."""

    hold_for: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)


@dataclass(frozen=True)
class Alert:
    """An alert's state and times. `active_at` is when the condition began to hold without interruption."""

    state: AlertState = AlertState.INACTIVE
    active_at: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    last_held_at: datetime | None = None


INACTIVE = Alert()


def step(alert: Alert, condition: bool | None, at: datetime, timing: Timing) -> Alert:
    """The alert after an evaluation.

    A condition that clears while pending sets the timer back: the next time it holds, `hold_for` begins anew. Without
    data nothing changes: a firing alert is not resolved by silence, and a pending one doesn't fire by it.
    """
    if condition is None:
        return alert
    if condition:
        return _held(alert, at, timing)
    return _cleared(alert, at, timing)


def _held(alert: Alert, at: datetime, timing: Timing) -> Alert:
    if alert.state is AlertState.FIRING:
        return replace(alert, last_held_at=at)
    begun = alert.active_at if alert.state is AlertState.PENDING and alert.active_at else at
    if at - begun >= timing.hold_for:
        return Alert(AlertState.FIRING, begun, fired_at=at, last_held_at=at)
    return Alert(AlertState.PENDING, begun, last_held_at=at)


def _cleared(alert: Alert, at: datetime, timing: Timing) -> Alert:
    if alert.state is not AlertState.FIRING:
        return INACTIVE if alert.state is AlertState.PENDING else alert
    if timing.keep_firing_for and alert.last_held_at and at - alert.last_held_at < timing.keep_firing_for:
        return alert
    return replace(alert, state=AlertState.RESOLVED, resolved_at=at)
