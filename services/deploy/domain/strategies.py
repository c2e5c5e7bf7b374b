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
    """Where a rollout stands: the targets, the new revision's traffic in percent, and the step's beginning.

    A step counts from when its replicas were all ready (`step_ready`); until then it has not begun. `stable` is how
    many replicas the stable revision had, 0 when there is none.
    """

    targets: Replicas
    traffic: int
    step: int
    step_started_at: datetime
    switched_at: datetime | None = None
    ending: Ending | None = None
    stable: int = 0
    step_ready: bool = True


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
    return Stage(Replicas(old=stable_replicas, new=0), traffic=0, step=0, step_started_at=now, stable=stable_replicas)


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
    # A first revision has no stable one to be compared with.
    promoted_all = stage.step >= len(rules.steps) or stage.stable == 0
    percent = 100 if promoted_all else rules.steps[stage.step]
    goal = canary.canary_targets(wanted, percent)
    moved = _move_canary(rules, wanted, stage, seen, goal, percent, now)
    if promoted_all:
        return replace(moved, ending=Ending.SUCCEEDED) if moved.step_ready else moved
    match canary.judge(rules, samples, moved.step_started_at if moved.step_ready else None, now):
        case canary.Verdict.PROMOTE:
            return replace(moved, step=stage.step + 1, step_started_at=now)
        case canary.Verdict.ABORT:
            return replace(moved, traffic=0, ending=Ending.ABORTED)
        case canary.Verdict.WAIT:
            return moved


def _move_canary(
    rules: canary.CanaryRules,
    wanted: int,
    stage: Stage,
    seen: Observation,
    goal: Replicas,
    percent: int,
    now: datetime,
) -> Stage:
    """Towards the step's replicas within the bounds. Once all are ready the step begins, with its whole traffic."""
    if seen.replicas == goal and seen.new_ready == goal.new and seen.old_ready == goal.old:
        started_at = stage.step_started_at if stage.step_ready else now
        return replace(stage, targets=goal, traffic=percent, step_started_at=started_at, step_ready=True)
    bounds = rolling_bounds(wanted, rules.max_surge, rules.max_unavailable)
    targets = rolling.targets_towards(goal, wanted, bounds, seen)
    # Replicas that come up get no more than the step's share of the traffic.
    return replace(stage, targets=targets, traffic=min(percent, traffic_percent(seen)), step_ready=False)


def _advance_blue_green(strategy: BlueGreen, wanted: int, stage: Stage, seen: Observation, now: datetime) -> Stage:
    if stage.switched_at is None:
        building = replace(stage, targets=bluegreen.blue_green_targets(wanted, seen.old, retired=False))
        if not bluegreen.may_switch(wanted, seen):
            return building
        return replace(building, traffic=100, switched_at=now)
    retired = bluegreen.old_colour_expired(stage.switched_at, strategy.keep_old_for, now)
    if seen.old == 0:
        return replace(stage, ending=Ending.SUCCEEDED)
    return replace(stage, targets=bluegreen.blue_green_targets(wanted, seen.old, retired=retired))
