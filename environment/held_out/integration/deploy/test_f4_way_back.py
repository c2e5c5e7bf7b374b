"""Which revision an environment comes back to."""

from __future__ import annotations

import pytest

from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.identities import Tenant

SLOW = {"image": "web:slow", "startup_seconds": 600}


@pytest.mark.parametrize("asked_for", ["cancel", "rollback"])
def test_the_last_revision_that_worked_comes_back_with_its_replicas(tenant: Tenant, asked_for: str) -> None:
    # Given two revisions that worked, of four replicas and of two, and two that were given up
    environment = make_environment(tenant.api)
    for replicas in (4, 2):
        deployment_in(tenant.api, start_deployment(tenant.api, environment, replicas)["id"], "succeeded")
    for replicas in (5, 1):
        given_up = start_deployment(tenant.api, environment, replicas, release=SLOW)
        tenant.api.ok("POST", f"{DEPLOY}/deployments/{given_up['id']}/cancel")
        deployment_in(tenant.api, given_up["id"], "rolled_back")
    # When the fifth is given up as well, on its way or after it has succeeded
    release = SLOW if asked_for == "cancel" else {"image": "web:5"}
    fifth = start_deployment(tenant.api, environment, 3, release=release)
    if asked_for == "rollback":
        deployment_in(tenant.api, fifth["id"], "succeeded")
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{fifth['id']}/{asked_for}")
    # Then the second is back
    ended = deployment_in(tenant.api, fifth["id"], "rolled_back")
    assert (ended["stable_revision"], ended["old_ready"], ended["new"]) == (2, 2, 0)
