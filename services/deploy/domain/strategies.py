"""One step of a rollout, whatever its strategy: from what is seen to what shall be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.deploy.domain import bluegreen, canary, rolling
from services.deploy.domain.progress import Observation, Replicas, traffic_percent
from services.deploy.domain.shares import rolling_bounds


class Ending(StrEnum):
    """How a rollout ends, once it does."""

    SUCCEEDED = "succeeded"
    ABORTED = "aborted"


@dataclass(frozen=True)
class RollingUpdate:
    """Replace replicas step by step inside two bounds (counts or percentages)."""

    max_surge: int | str
    max_unavailable: int | str


@dataclass(frozen=True)
class Canary:
    """Shift shares of the traffic, each judged by samples."""

    rules: canary.CanaryRules


@dataclass(frozen=True)
class BlueGreen:
    """Build the new colour whole, switch, keep the old one for a while."""

    keep_old_for: timedelta


Strategy = RollingUpdate | Canary | BlueGreen


@dataclass(frozen=True)
class Stage:
    """Where a rollout stands: the targets, the new revision's traffic in percent, and the step's beginning."""

    targets: Replicas
    traffic: int
    step: int
    step_started_at: datetime
    switched_at: datetime | None = None
    ending: Ending | None = None


def advance(
    strategy: Strategy, wanted: int, stage: Stage, seen: Observation, samples: canary.CanarySamples, now: datetime
) -> Stage:
    """The next stage; the same one when the rollout has to wait. Pure: called twice it answers twice the same."""
    match strategy:
        case RollingUpdate():
            return _advance_rolling(strategy, wanted, stage, seen)
        case Canary():
            return _advance_canary(strategy.rules, wanted, stage, seen, samples, now)
        case BlueGreen():
            return _advance_blue_green(strategy, wanted, stage, seen, now)


def first_stage(stable_replicas: int, now: datetime) -> Stage:
    """Before anything has moved: all traffic on the stable revision."""
    return Stage(Replicas(old=stable_replicas, new=0), traffic=0, step=0, step_started_at=now)


def _advance_rolling(strategy: RollingUpdate, wanted: int, stage: Stage, seen: Observation) -> Stage:
    if rolling.rolling_finished(wanted, seen):
        return replace(stage, traffic=100, ending=Ending.SUCCEEDED)
    bounds = rolling_bounds(wanted, strategy.max_surge, strategy.max_unavailable)
    targets = rolling.rolling_targets(wanted, bounds, seen)
    return replace(stage, targets=targets, traffic=traffic_percent(seen))


def _advance_canary(
    rules: canary.CanaryRules,
    wanted: int,
    stage: Stage,
    seen: Observation,
    samples: canary.CanarySamples,
    now: datetime,
) -> Stage:
    promoted_all = stage.step >= len(rules.steps)
    targets = Replicas(0, wanted) if promoted_all else canary.canary_targets(wanted, rules.steps[stage.step])
    if seen.old == 0 and stage.step == 0:
        # A first revision has no stable one to be compared with.
        targets, promoted_all = Replicas(0, wanted), True
    if seen.replicas != targets or seen.new_ready < targets.new:
        return replace(stage, targets=targets, traffic=traffic_percent(seen))
    if promoted_all:
        return replace(stage, targets=targets, traffic=100, ending=Ending.SUCCEEDED)
    moved = replace(stage, targets=targets, traffic=rules.steps[stage.step])
    match canary.judge(rules, samples, stage.step_started_at, now):
        case canary.Verdict.PROMOTE:
            return replace(moved, step=stage.step + 1, step_started_at=now)
        case canary.Verdict.ABORT:
            return replace(moved, traffic=0, ending=Ending.ABORTED)
        case canary.Verdict.WAIT:
            return moved


def _advance_blue_green(strategy: BlueGreen, wanted: int, stage: Stage, seen: Observation, now: datetime) -> Stage:
    if stage.switched_at is None:
        building = replace(stage, targets=bluegreen.blue_green_targets(wanted, seen.old, retired=False))
        if not bluegreen.may_switch(wanted, seen):
            return building
        return replace(building, traffic=100, switched_at=now)
    retired = bluegreen.old_colour_expired(stage.switched_at, strategy.keep_old_for, now)
    if retired and seen.old == 0:
        return replace(stage, ending=Ending.SUCCEEDED)
    return replace(stage, targets=bluegreen.blue_green_targets(wanted, seen.old, retired=retired))
