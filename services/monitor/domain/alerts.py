"""The life of an alert: inactive, pending, firing, resolved (Prometheus' alerting rules)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.monitor.domain.series import STALENESS

OUTAGE_TOLERANCE = timedelta(hours=1)
"""After how long without an evaluation nothing that was seen before counts (Prometheus' `for-outage-tolerance`)."""
GRACE_PERIOD = timedelta(minutes=10)
"""How long a pending alert is watched at least after evaluations were interrupted (Prometheus' `for-grace-period`)."""


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
    """For how long the condition must hold before the alert fires, and how long it fires on once it doesn't."""

    hold_for: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)


@dataclass(frozen=True)
class Alert:
    """An alert's state and times. `active_at` is when the condition began to hold without interruption, later by the
    time that nothing was evaluated in; `keep_firing_since` when it was first found not to hold any more, while the
    alert goes on firing; `held_at` when it was last seen to hold, while the alert is pending."""

    state: AlertState = AlertState.INACTIVE
    active_at: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    keep_firing_since: datetime | None = None
    held_at: datetime | None = None


INACTIVE = Alert()


def step(alert: Alert, condition: bool | None, at: datetime, timing: Timing) -> Alert:
    """The alert after an evaluation, as Prometheus has it (`AlertingRule.Eval`).

    A condition that clears while pending sets the timer back: the next time it holds, `hold_for` begins anew. Missing
    data is a condition that isn't seen to hold: of a series that has gone stale nothing is left in the vector, so that
    a pending alert ends, and a firing one is resolved once it was kept firing for as long as it is to be. What began
    later than now began now: the clock was set back, or somebody evaluated at a later time.
    """
    return _held(alert, at, timing) if condition else _cleared(alert, at, timing)


def _held(alert: Alert, at: datetime, timing: Timing) -> Alert:
    if alert.state is AlertState.FIRING:
        return replace(alert, keep_firing_since=None)
    begun = _begun(alert, at, timing) if alert.state is AlertState.PENDING else at
    if at - begun >= timing.hold_for:
        return Alert(AlertState.FIRING, begun, fired_at=at)
    return Alert(AlertState.PENDING, begun, held_at=at)


def _begun(alert: Alert, at: datetime, timing: Timing) -> datetime:
    """Since when the condition of a pending alert counts as held, as Prometheus has it (`Group.RestoreForState`).

    Evaluations are as far apart as samples may be. A longer gap is no evidence: what was seen before counts, the gap
    doesn't, and the alert isn't about to fire. After too long a gap, or with a short `hold_for`, it all begins anew.
    """
    begun = min(alert.active_at or at, at)
    seen = alert.held_at or begun
    if at - seen <= STALENESS:
        return begun
    if at - seen > OUTAGE_TOLERANCE or timing.hold_for < GRACE_PERIOD:
        return at
    return at - timing.hold_for + max(timing.hold_for - (seen - begun), GRACE_PERIOD)


def _cleared(alert: Alert, at: datetime, timing: Timing) -> Alert:
    if alert.state is not AlertState.FIRING:
        return INACTIVE if alert.state is AlertState.PENDING else alert
    since = min(alert.keep_firing_since or at, at)
    if at - since < timing.keep_firing_for:
        return replace(alert, keep_firing_since=since)
    return replace(alert, state=AlertState.RESOLVED, resolved_at=at, keep_firing_since=None)
