"""The life cycle of a deployment, as a table."""

from __future__ import annotations

from enum import StrEnum

from shared.infra.state_machine import StateMachine


class DeploymentState(StrEnum):
    """Where a deployment stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


DEPLOYMENT_LIFE_CYCLE = StateMachine(
    {
        DeploymentState.PENDING: (DeploymentState.IN_PROGRESS, DeploymentState.CANCELLED),
        DeploymentState.IN_PROGRESS: (
            DeploymentState.SUCCEEDED,
            DeploymentState.FAILED,
            DeploymentState.PAUSED,
            DeploymentState.CANCELLED,
        ),
        DeploymentState.PAUSED: (DeploymentState.IN_PROGRESS, DeploymentState.CANCELLED),
        DeploymentState.FAILED: (DeploymentState.ROLLING_BACK,),
        DeploymentState.CANCELLED: (DeploymentState.ROLLING_BACK,),
        DeploymentState.SUCCEEDED: (DeploymentState.ROLLING_BACK,),
        DeploymentState.ROLLING_BACK: (DeploymentState.ROLLED_BACK,),
        DeploymentState.ROLLED_BACK: (),
    }
)

RUNNING_STATES = frozenset({DeploymentState.PENDING, DeploymentState.IN_PROGRESS, DeploymentState.ROLLING_BACK})
"""The states in which the rollout controller has something to do."""
