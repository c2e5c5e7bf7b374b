"""The leader of the rollout controller is paused, cut off or killed; rollouts go on, and only one leader acts."""

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    apply_resources,
    believers,
    deployment_in,
    end_lease,
    last_heard,
    leader_of,
    make_environment,
    make_leader,
    make_plan,
    new_leader,
    null,
    paused_deployment,
    start_deployment,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

LEADER = "deploy-controller"


def test_a_leader_that_was_paused_past_its_lease_steps_down_and_leaves_the_rollout_to_its_successor(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given a rollout under one leader, and a plan that was saved before the fail-over
    environment = make_environment(tenant.api)
    apply_resources(tenant.api, environment, null("network"))
    stale = make_plan(tenant.api, environment, null("network"), null("never"))
    apply_resources(tenant.api, environment, null("network"), null("subnet"))
    old = make_leader(fleet, operator, LEADER)
    deployment = paused_deployment(tenant.api, environment)
    # When the leader hangs for longer than its lease and another one takes over
    fleet.pause(LEADER)
    new = new_leader(operator, old)
    before = last_heard(operator)
    fleet.resume(LEADER)
    # Then the old one knows that it lost, and the rollout ends under the new one's token
    assert believers(operator, since=before) == [new["candidate"]]
    assert new["term"] == old["term"] + 1
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{deployment['id']}/cancel")
    finished = start_deployment(tenant.api, environment)
    finished = deployment_in(tenant.api, finished["id"])
    assert (finished["state"], finished["fencing_token"]) == ("succeeded", new["fencing_token"])
    # And neither what ended before it can go on, nor what was planned before it be applied
    tenant.api.refused("POST", f"{DEPLOY}/deployments/{deployment['id']}/resume", 409, "illegal_transition")
    tenant.api.refused("POST", f"{environment}/applies", 409, "stale_plan", json={"plan_id": stale["id"]})
    assert tenant.api.ok("GET", f"{environment}/state")["serial"] == 2
    assert believers(operator, since=last_heard(operator)) == [new["candidate"]]


def test_a_leader_whose_lease_ended_stops_acting(fleet: FleetControl, operator: Api, tenant: Tenant) -> None:
    # Given a leader
    old = leader_of(operator)
    # When its lease ends while it runs
    end_lease(fleet)
    new = new_leader(operator, old)
    # Then it steps down with its next renewal, and rollouts are the later term's
    assert new["term"] == old["term"] + 1
    assert eventually(lambda: believers(operator) == [new["candidate"]], 30.0)
    environment = make_environment(tenant.api)
    deployed = deployment_in(tenant.api, start_deployment(tenant.api, environment)["id"])
    assert (deployed["state"], deployed["fencing_token"]) == ("succeeded", new["fencing_token"])
    assert believers(operator, since=last_heard(operator)) == [new["candidate"]]


def test_a_superseded_leader_is_shut_out_and_exactly_one_candidate_leads(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given a paused rollout, and a leader that was superseded
    environment = make_environment(tenant.api)
    deployment = paused_deployment(tenant.api, environment)
    progress = f"{DEPLOY}/deployments/{deployment['id']}/progress"
    old = leader_of(operator)
    end_lease(fleet)
    new = new_leader(operator, old)
    # When a write arrives that was sent under the old leadership
    write = {"old": 0, "new": 1, "traffic": 50}
    body = {**write, "fencing_token": old["fencing_token"]}
    problem = tenant.operator.refused("POST", progress, 409, "stale_fencing_token", json=body)
    # Then it is refused and has changed nothing, while the new leader may write, and only that one leads
    assert (problem["token"], problem["highest"]) == (old["fencing_token"], new["fencing_token"])
    assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{deployment['id']}") == deployment
    body = {**write, "fencing_token": new["fencing_token"]}
    written = tenant.operator.ok("POST", progress, 200, json=body)
    assert (written["target_new"], written["traffic"], written["fencing_token"]) == (1, 50, new["fencing_token"])
    assert eventually(lambda: believers(operator) == [new["candidate"]], 30.0)


def test_a_clock_that_is_set_makes_nobody_leader_and_deposes_nobody(
    fleet: FleetControl, operator: Api, tenant: Tenant
) -> None:
    # Given a leader
    environment = make_environment(tenant.api)
    leader = leader_of(operator)
    # When the clock is set forwards by many times its lease, and back
    for seconds in (30, 0):
        fleet.step_clock(seconds)
        # Then it leads on in its term: a rollout is its work
        deployed = deployment_in(tenant.api, start_deployment(tenant.api, environment)["id"])
        assert (deployed["state"], deployed["fencing_token"]) == ("succeeded", leader["fencing_token"])
    assert leader_of(operator) == leader
