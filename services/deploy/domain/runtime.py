"""The simulated runtime: how the replicas of a release come up. Deterministic, so that every rollout can be retold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.deploy.domain.progress import Observation, Replicas


@dataclass(frozen=True)
class Release:
    """What is deployed. `starts` is False for a release whose process ends at once (a crash loop)."""

    image: str
    startup: timedelta = timedelta()
    starts: bool = True


def observe(
    release: Release, targets: Replicas, before: Observation, targets_changed_at: datetime, now: datetime
) -> Observation:
    """What there is now: replicas exist as soon as they are wanted, and are ready after their start-up time.

    The stable revision's replicas have been running for long: they are ready.
    """
    started = release.starts and now - targets_changed_at >= release.startup
    ready = targets.new if started else min(before.new_ready, targets.new)
    return Observation(old=targets.old, old_ready=targets.old, new=targets.new, new_ready=ready)
