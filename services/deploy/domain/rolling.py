"""Rolling update: new replicas come up and old ones go down inside the bounds, one step per observation."""

from __future__ import annotations

from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.shares import RollingBounds


def rolling_targets(wanted: int, bounds: RollingBounds, seen: Observation) -> Replicas:
    """The next number of old and new replicas.

    Never more than `wanted + surge` in total and never fewer than `wanted - unavailable` ready. Old replicas that
    aren't ready go first, because they take up room and serve nobody (Kubernetes' deployment controller).
    """
    room = wanted + bounds.surge - (seen.old + seen.new)
    new = min(wanted, seen.new + max(0, room))
    must_stay_ready = wanted - bounds.unavailable
    not_ready = min(seen.old - seen.old_ready, max(0, seen.old + seen.new_ready - must_stay_ready))
    spare = max(0, seen.old_ready + seen.new_ready - must_stay_ready)
    return Replicas(old=seen.old - not_ready - min(seen.old_ready, spare), new=new)


def rolling_finished(wanted: int, seen: Observation) -> bool:
    """Whether every wanted replica is new and ready and no old one is left."""
    return seen.new == seen.new_ready == wanted and seen.old == 0
