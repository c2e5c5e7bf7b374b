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
    ready by what is taken away. Replicas that aren't ready go first, because they take up room and serve nobody
    (Kubernetes' deployment controller; Argo Rollouts moves a canary's replicas by the same two bounds).
    """
    room = max(0, wanted + bounds.surge - (seen.old + seen.new))
    spare = max(0, seen.old_ready + seen.new_ready - (wanted - bounds.unavailable))
    new_added = min(room, max(0, goal.new - seen.new))
    old_added = min(room - new_added, max(0, goal.old - seen.old))
    new_idle, new_ready = _taken_down(seen.new - goal.new, seen.new - seen.new_ready, spare)
    old_idle, old_ready = _taken_down(seen.old - goal.old, seen.old - seen.old_ready, spare - new_ready)
    return Replicas(old=seen.old + old_added - old_idle - old_ready, new=seen.new + new_added - new_idle - new_ready)


def _taken_down(surplus: int, idle: int, spare: int) -> tuple[int, int]:
    """How many of `surplus` replicas go: first those that are idle, then ready ones as far as they can be spared."""
    surplus = max(0, surplus)
    idle_gone = min(idle, surplus)
    return idle_gone, min(surplus - idle_gone, spare)


def rolling_finished(wanted: int, seen: Observation) -> bool:
    """Whether every wanted replica is new and ready and no old one is left."""
    return seen.new == seen.new_ready == wanted and seen.old == 0
