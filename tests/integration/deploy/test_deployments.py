"""Deployments that fail, and what is left of an environment then."""

import pytest

from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.eventually import eventually
from tests.support.identities import Tenant

NEVER_STARTS = {"image": "web:broken", "starts": False}


@pytest.mark.parametrize(
    ("replicas", "share", "stable", "new"),
    [(10, "25%", 8, 5), (3, "50%", 2, 3)],
)
def test_replicas_that_do_not_start_leave_as_many_stable_ones_as_the_bounds_keep(
    tenant: Tenant, replicas: int, share: str, stable: int, new: int
) -> None:
    # Given a revision that works
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, replicas)["id"], "succeeded")
    # When one that doesn't start is rolled out
    strategy = {"type": "rolling", "max_surge": share, "max_unavailable": share}
    broken = start_deployment(tenant.api, environment, replicas, release=NEVER_STARTS, strategy=strategy)
    path = f"{DEPLOY}/deployments/{broken['id']}"
    # Then it has brought up what the surge allows, and taken no more than may be unavailable
    eventually(lambda: tenant.api.ok("GET", path)["new"] == new)
    eventually(lambda: (found := tenant.api.ok("GET", path))["old_ready"] == stable and found["new"] == new)
    tenant.api.ok("POST", f"{path}/cancel")
    ended = deployment_in(tenant.api, broken["id"], "rolled_back")
    assert (ended["old_ready"], ended["new"]) == (replicas, 0)


def test_a_release_that_never_starts_after_another_that_failed_returns_to_the_one_that_worked(tenant: Tenant) -> None:
    # Given a revision that works, and one that was brought back to it
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    failed = start_deployment(tenant.api, environment, 2, release={"image": "web:slow", "startup_seconds": 600})
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{failed['id']}/cancel")
    deployment_in(tenant.api, failed["id"], "rolled_back")
    # When the next one doesn't start either, and its deadline passes
    broken = start_deployment(tenant.api, environment, 3, release=NEVER_STARTS, progress_deadline_seconds=1)
    # Then it is taken back to the one that works, by itself
    ended = deployment_in(tenant.api, broken["id"], "rolled_back")
    assert (ended["reason"], ended["stable_revision"]) == ("progress_deadline_exceeded", 1)
    assert (ended["old_ready"], ended["new"], ended["traffic"]) == (3, 0, 0)
    # And so does the next deployment begin with it
    following = start_deployment(tenant.api, environment, 3)
    assert (following["revision"], following["stable_revision"], following["old_ready"]) == (4, 1, 3)
