"""Rolling update: new replicas come up and old ones go down inside the bounds, one step per observation."""

from __future__ import annotations

from services.deploy.domain.progress import Observation, Replicas
from services.deploy.domain.shares import RollingBounds


def rolling_targets(wanted: int, bounds: RollingBounds, seen: Observation) -> Replicas:
    """The next number of old and new replicas on the way to none old and `wanted` new."""
    return targets_towards(Replicas(old=0, new=wanted), wanted, bounds, seen)


def targets_towards(goal: Replicas, wanted: int, bounds: RollingBounds, seen: Observation) -> Replicas:
    """The next number of old and new replicas on the way to `goal`, which may keep some of the old.

    Never more than `wanted + surge` in total (or as many as there are) and never fewer than `wanted - unavailable`
    ready by what is taken away. Old replicas that aren't ready go first, because they take up room and serve nobody
    (Kubernetes' deployment controller; Argo Rollouts moves a canary's replicas by the same two bounds).
    """
    must_stay_ready = wanted - bounds.unavailable
    spare = max(0, seen.old_ready + seen.new_ready - must_stay_ready)
    new_too_many = max(0, seen.new - goal.new)
    new_ready_gone = min(spare, max(0, new_too_many - (seen.new - seen.new_ready)))
    new_gone = min(new_too_many, seen.new - seen.new_ready + new_ready_gone)
    spare -= new_ready_gone
    old_too_many = max(0, seen.old - goal.old)
    not_ready = min(seen.old - seen.old_ready, old_too_many, max(0, seen.old + seen.new_ready - must_stay_ready))
    old_gone = not_ready + min(seen.old_ready, old_too_many - not_ready, spare)
    room = max(0, wanted + bounds.surge - (seen.old + seen.new))
    new_added = min(room, max(0, goal.new - seen.new))
    old_added = min(room - new_added, max(0, goal.old - seen.old))
    return Replicas(old=seen.old - old_gone + old_added, new=seen.new - new_gone + new_added)


def rolling_finished(wanted: int, seen: Observation) -> bool:
    """Whether every wanted replica is new and ready and no old one is left."""
    return seen.new == seen.new_ready == wanted and seen.old == 0
