"""The life cycle of an apply, as a table."""

from __future__ import annotations

from enum import StrEnum

from shared.infra.state_machine import StateMachine

LONGEST_REASON = 2_000
"""Characters that are kept of why something failed: others' words may hold what they were sent, and an event has room
for less than a megabyte."""


class ApplyState(StrEnum):
    """Where the application of a plan stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


APPLY_LIFE_CYCLE = StateMachine(
    {
        ApplyState.QUEUED: (ApplyState.RUNNING, ApplyState.FAILED),
        ApplyState.RUNNING: (ApplyState.SUCCEEDED, ApplyState.FAILED),
        ApplyState.SUCCEEDED: (),
        ApplyState.FAILED: (),
    }
)
