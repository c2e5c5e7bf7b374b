"""Canary: a small share first, promoted only after enough samples, for long enough, with few enough errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from services.deploy.domain.progress import Replicas
from services.deploy.domain.shares import check_bounds, rolling_bounds, round_up
from shared.errors import ValidationFailed


class InvalidCanarySteps(ValidationFailed):
    """Canary steps must grow and stay within 1..100 percent."""

    code = "invalid_canary_steps"


class InvalidSamples(ValidationFailed):
    """More requests failed than there were."""

    code = "invalid_samples"


class Verdict(StrEnum):
    """What to do with the present canary step."""

    WAIT = "wait"
    PROMOTE = "promote"
    ABORT = "abort"


@dataclass(frozen=True)
class CanaryRules:
    """The gates of every step: samples (requests seen), bake time, and the tolerated errors in percent.

    The replicas of a step come and go within `max_surge` and `max_unavailable` (Argo Rollouts, 25% each by default).
    """

    steps: tuple[int, ...]
    minimum_samples: int
    bake_time: timedelta
    max_error_percent: int
    max_surge: int | str = "25%"
    max_unavailable: int | str = "25%"

    def __post_init__(self) -> None:
        grows = all(first < second for first, second in pairwise(self.steps))
        if not self.steps or not grows or self.steps[0] < 1 or self.steps[-1] > 100:
            raise InvalidCanarySteps(f"steps must grow from at least 1 to at most 100 percent, not {self.steps}")
        check_bounds(self.max_surge, self.max_unavailable)


@dataclass(frozen=True)
class CanarySamples:
    """Requests that the new revision has answered in this step, and how many of them failed."""

    requests: int
    errors: int

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.requests:
            raise InvalidSamples(f"{self.errors} of {self.requests} requests can't have failed")


def check_room(rules: CanaryRules, wanted: int) -> None:
    """Refuse to share the traffic of one replica when no second one may come: it has no shares.

    Raises InvalidCanarySteps.
    """
    if wanted == 1 and rules.steps[0] < 100 and rolling_bounds(1, rules.max_surge, rules.max_unavailable).surge == 0:
        raise InvalidCanarySteps("a canary beside a single replica needs a max_surge of at least 1")


def canary_targets(wanted: int, percent: int) -> Replicas:
    """New replicas for a share of the traffic, rounded up so that a canary is never empty: 15% of 10 is 2.

    A share below 100% leaves a stable replica, too: two of three at 70%, and one beside the only one at any (Argo
    Rollouts' `approximateWeightedCanaryStableReplicaCounts` never returns 0 for either side of such a weight).
    """
    if percent >= 100:
        return Replicas(old=0, new=wanted)
    new = min(max(wanted - 1, 1), round_up(percent, wanted))
    return Replicas(old=max(wanted - new, 1), new=new)


def judge(rules: CanaryRules, samples: CanarySamples, ready_at: datetime | None, now: datetime) -> Verdict:
    """Abort on too many errors as soon as there are enough samples; promote after samples *and* bake time.

    The bake time runs from when all replicas of the step were ready (`ready_at`, None until then). Fewer samples than
    the minimum prove nothing in either direction, so the step waits.
    """
    if samples.requests < rules.minimum_samples:
        return Verdict.WAIT
    if samples.errors * 100 > rules.max_error_percent * samples.requests:
        return Verdict.ABORT
    if ready_at is None or now - ready_at < rules.bake_time:
        return Verdict.WAIT
    return Verdict.PROMOTE
