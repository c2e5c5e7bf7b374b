"""Scores: the share of controls that are passed, exact to a hundredth of a percent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Score:
    """`percent` is None when there is no control: nothing was checked, so nothing is known."""

    controls: int
    passed: int
    percent: Decimal | None


def score(passed: int, controls: int) -> Score:
    """The score, rounded down: only who passes everything has 100.00."""
    if controls == 0:
        return Score(0, 0, None)
    percent = (Decimal(100 * passed) / Decimal(controls)).quantize(HUNDREDTH, ROUND_DOWN)
    return Score(controls, passed, percent)


def score_of(outcomes: Iterable[bool]) -> Score:
    """The score of outcomes, each passed or not."""
    found = list(outcomes)
    return score(sum(found), len(found))


def by_policy(violated: Iterable[str], policies: Iterable[str], resources: int) -> Mapping[str, Score]:
    """The score of each policy over a number of resources, from the policies of all violations."""
    counts = {policy: 0 for policy in policies}
    for policy in violated:
        if policy in counts:
            counts[policy] += 1
    return {policy: score(resources - failed, resources) for policy, failed in counts.items()}
