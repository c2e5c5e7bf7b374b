"""The progress deadline: a rollout that stands still for too long has failed (Kubernetes' progressDeadlineSeconds)."""

from __future__ import annotations

from datetime import datetime, timedelta


def not_after(moment: datetime, now: datetime) -> datetime:
    """From when to count what has happened at `moment`: a time in the future was written before the clock was set back.

    Then it is counted from now, since nobody can tell how long ago it was, and it would be awaited for ever else.
    """
    return min(moment, now)


def past_deadline(last_progress_at: datetime, progress_deadline: timedelta, now: datetime, *, waiting: bool) -> bool:
    """Whether the rollout made no progress for longer than its deadline.

    Every step forward starts the time again, so a long rollout that moves never fails by it. Nor does one that is
    `waiting` with all its replicas ready (for samples, for a bake time): that isn't standing still.
    """
    return not waiting and now - last_progress_at > progress_deadline
