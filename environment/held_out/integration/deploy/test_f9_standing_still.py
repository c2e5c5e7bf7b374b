"""Releases that don't start, by every strategy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deploying import deployment_in, make_environment, start_deployment
from tests.support.identities import Tenant

STRATEGIES: list[dict[str, Any]] = [
    {"type": "canary", "steps": [30], "minimum_samples": 1, "bake_seconds": 0, "max_error_percent": 1},
    {"type": "blue_green", "keep_old_seconds": 0},
    {"type": "rolling", "max_surge": 2, "max_unavailable": 0},
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda each: str(each["type"]))
def test_a_release_that_never_starts_is_taken_back_at_its_deadline(tenant: Tenant, strategy: dict[str, Any]) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 4)["id"], "succeeded")
    broken = start_deployment(
        tenant.api,
        environment,
        4,
        release={"image": "web:broken", "starts": False},
        strategy=strategy,
        progress_deadline_seconds=1,
    )
    ended = deployment_in(tenant.api, broken["id"], "rolled_back")
    assert (ended["reason"], ended["stable_revision"]) == ("progress_deadline_exceeded", 1)
    assert (ended["old_ready"], ended["new"], ended["traffic"]) == (4, 0, 0)


def test_a_canary_that_waits_for_its_samples_outlives_its_deadline(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 4)["id"], "succeeded")
    waiting = start_deployment(tenant.api, environment, 4, strategy=STRATEGIES[0], progress_deadline_seconds=1)
    # While another rollout passes the same deadline
    other = make_environment(tenant.api, "other")
    deployment_in(tenant.api, start_deployment(tenant.api, other, 1)["id"], "succeeded")
    release = {"image": "web:broken", "starts": False}
    broken = start_deployment(tenant.api, other, 1, release=release, progress_deadline_seconds=2)
    deployment_in(tenant.api, broken["id"], "rolled_back")
    found = deployment_in(tenant.api, waiting["id"], "in_progress")
    assert (found["step_ready"], found["traffic"], found["new_ready"]) == (True, 30, 2)
