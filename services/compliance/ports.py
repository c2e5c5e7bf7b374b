"""What compliance needs from outside."""

from __future__ import annotations

from dataclasses import dataclass

from shared.utils.clock import Clock


@dataclass(frozen=True)
class Ports:
    """The time, which ends exemptions."""

    clock: Clock
