"""The life cycle of a deployment."""

import pytest

from services.deploy.domain.deployments import DEPLOYMENT_LIFE_CYCLE, DeploymentState
from shared.infra.state_machine import IllegalTransition

ALLOWED = {
    ("pending", "in_progress"),
    ("pending", "cancelled"),
    ("in_progress", "succeeded"),
    ("in_progress", "failed"),
    ("in_progress", "paused"),
    ("in_progress", "cancelled"),
    ("paused", "in_progress"),
    ("paused", "cancelled"),
    ("failed", "rolling_back"),
    ("cancelled", "rolling_back"),
    ("succeeded", "rolling_back"),
    ("rolling_back", "rolled_back"),
}


def test_a_deployment_takes_exactly_the_transitions_of_its_table() -> None:
    every = {(a.value, b.value) for a in DeploymentState for b in DeploymentState}
    accepted = {(a, b) for a, b in every if DEPLOYMENT_LIFE_CYCLE.is_allowed(DeploymentState(a), DeploymentState(b))}
    assert accepted == ALLOWED


@pytest.mark.parametrize(
    ("current", "target"),
    [("pending", "succeeded"), ("succeeded", "in_progress"), ("rolled_back", "pending"), ("paused", "succeeded")],
)
def test_a_transition_outside_the_table_is_refused(current: str, target: str) -> None:
    with pytest.raises(IllegalTransition):
        DEPLOYMENT_LIFE_CYCLE.transition(DeploymentState(current), DeploymentState(target))
