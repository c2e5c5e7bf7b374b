"""What a rollout has reached: the replicas of both revisions, and the traffic that the new one gets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Replicas:
    """How many replicas of the old (stable) and of the new revision there are to be."""

    old: int
    new: int


@dataclass(frozen=True)
class Observation:
    """How many replicas of each revision there are, and how many of them are ready."""

    old: int
    old_ready: int
    new: int
    new_ready: int

    @property
    def replicas(self) -> Replicas:
        """The counts without readiness."""
        return Replicas(self.old, self.new)


def settled(targets: Replicas, seen: Observation) -> bool:
    """Whether everything that is wanted is there and ready: what the rollout waits for then isn't its replicas."""
    return seen.replicas == targets and seen.new_ready == targets.new


def traffic_percent(seen: Observation) -> int:
    """The new revision's share of evenly spread traffic in whole percent, rounded down; 0 when nothing is ready."""
    ready = seen.old_ready + seen.new_ready
    return 0 if ready == 0 else seen.new_ready * 100 // ready
