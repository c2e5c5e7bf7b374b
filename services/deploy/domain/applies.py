"""The life cycle of an apply, as a table."""

from __future__ import annotations

from enum import StrEnum

from shared.infra.state_machine import StateMachine


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
