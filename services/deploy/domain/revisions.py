"""Revision history: what was released, in order, and what a rollback returns to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import Conflict


class NothingToRollBackTo(Conflict):
    """No earlier revision of this environment ever succeeded."""

    code = "nothing_to_roll_back_to"


class Outcome(StrEnum):
    """How a revision's rollout ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Revision:
    """One release of an environment; numbers start at 1 and are never given twice."""

    number: int
    outcome: Outcome


def next_number(history: Iterable[Revision]) -> int:
    """The number of the next revision: one more than the highest ever given."""
    return max((revision.number for revision in history), default=0) + 1


def rollback_target(history: Iterable[Revision], failed: int) -> Revision:
    """The last *successful* revision before `failed`: the one before it may have failed too.

    Raises NothingToRollBackTo.
    """
    earlier = [each for each in history if each.number < failed and each.outcome is Outcome.SUCCEEDED]
    if not earlier:
        raise NothingToRollBackTo(f"no revision before {failed} has succeeded")
    return max(earlier, key=lambda revision: revision.number)
