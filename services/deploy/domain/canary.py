"""Canary: a small share first, promoted only after enough samples, for long enough, with few enough errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from services.deploy.domain.progress import Replicas
from services.deploy.domain.shares import round_up
from shared.errors import ValidationFailed


class InvalidCanarySteps(ValidationFailed):
    """Canary steps must grow and stay within 1..100 percent."""

    code = "invalid_canary_steps"


class Verdict(StrEnum):
    """What to do with the present canary step."""

    WAIT = "wait"
    PROMOTE = "promote"
    ABORT = "abort"


@dataclass(frozen=True)
class CanaryRules:
    """The gates of every step: samples (requests seen), bake time, and the tolerated errors in percent."""

    steps: tuple[int, ...]
    minimum_samples: int
    bake_time: timedelta
    max_error_percent: int

    def __post_init__(self) -> None:
        grows = all(first < second for first, second in pairwise(self.steps))
        if not self.steps or not grows or self.steps[0] < 1 or self.steps[-1] > 100:
            raise InvalidCanarySteps(f"steps must grow from at least 1 to at most 100 percent, not {self.steps}")


@dataclass(frozen=True)
class CanarySamples:
    """Requests that the new revision has answered in this step, and how many of them failed."""

    requests: int
    errors: int


def canary_targets(wanted: int, percent: int) -> Replicas:
    """New replicas for a share of the traffic, rounded up so that a canary is never empty: 15% of 10 is 2."""
    new = min(wanted, round_up(percent, wanted))
    return Replicas(old=wanted - new, new=new)


def judge(rules: CanaryRules, samples: CanarySamples, step_started_at: datetime, now: datetime) -> Verdict:
    """Abort on too many errors as soon as there are enough samples; promote after samples *and* bake time.

    Fewer samples than the minimum prove nothing in either direction, so the step waits.
    """
    if samples.requests < rules.minimum_samples:
        return Verdict.WAIT
    if samples.errors * 100 > rules.max_error_percent * samples.requests:
        return Verdict.ABORT
    if now - step_started_at < rules.bake_time:
        return Verdict.WAIT
    return Verdict.PROMOTE
