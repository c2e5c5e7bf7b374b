"""Rollouts that change hands in the middle."""

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    deployment_in,
    end_lease,
    leader_of,
    make_environment,
    new_leader,
    paused_deployment,
    start_deployment,
)
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows


def test_a_rollout_that_is_given_up_after_a_fail_over_returns_to_what_worked_whatever_its_former_leader_writes(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given a revision that worked, one that was given up, and a third on its way when its leader is superseded
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    given_up = paused_deployment(tenant.api, environment)
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{given_up['id']}/cancel")
    deployment_in(tenant.api, given_up["id"], "rolled_back")
    third = paused_deployment(tenant.api, environment)
    old = leader_of(operator)
    end_lease(fleet)
    new = new_leader(operator, old)
    # When the former leader's last write arrives, then it changes nothing
    late = {"old": 0, "new": 2, "traffic": 100, "fencing_token": old["fencing_token"]}
    path = f"{DEPLOY}/deployments/{third['id']}"
    tenant.operator.refused("POST", f"{path}/progress", 409, "stale_fencing_token", json=late)
    assert tenant.api.ok("GET", path) == third
    # And when the rollout is given up, the new leader brings back what worked
    tenant.api.ok("POST", f"{path}/cancel")
    ended = deployment_in(tenant.api, third["id"], "rolled_back")
    assert (ended["stable_revision"], ended["old_ready"], ended["new"], ended["traffic"]) == (1, 3, 0, 0)
    assert ended["fencing_token"] == new["fencing_token"]


def test_a_deployment_whose_row_somebody_holds_keeps_no_other_from_being_rolled_out(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a rollout on its way, the first that the controller comes to
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    slow = {"image": "web:slow", "startup_seconds": 600}
    first = start_deployment(tenant.api, environment, release=slow, progress_deadline_seconds=600)
    deployment_in(tenant.api, first["id"], "in_progress")
    held = "SELECT id FROM deploy.deployments WHERE id = %s FOR UPDATE"
    # When its row is held
    with held_rows(fleet, "deploy", held, first["id"]):
        # Then another one goes on
        other = start_deployment(tenant.api, make_environment(tenant.api, "other"))
        assert deployment_in(tenant.api, other["id"])["state"] == "succeeded"
        assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{first['id']}")["state"] == "in_progress"
    # And so does this one, once it is free
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{first['id']}/cancel")
    ended = deployment_in(tenant.api, first["id"], "rolled_back")
    assert (ended["old_ready"], ended["new"]) == (3, 0)
