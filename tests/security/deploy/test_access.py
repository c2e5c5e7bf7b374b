"""Who may not do what, and that nothing changed when they tried."""

import pytest

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    deployment_in,
    leader_of,
    make_environment,
    make_plan,
    null,
    paused_deployment,
    start_deployment,
)
from tests.support.identities import Tenant

RELEASE = {"release": {"image": "web:2"}, "replicas": 2}


def test_a_locked_environment_stays_its_owners_whoever_else_deploys(tenant: Tenant, other_tenant: Tenant) -> None:
    # Given a deployment that holds its environment
    environment = make_environment(tenant.api)
    first = paused_deployment(tenant.api, environment)
    # When the same person or somebody else deploys there, then they learn who has it and it stays so
    for person in (tenant.api, tenant.user("member")):
        second = person.refused("POST", f"{environment}/deployments", 409, "lock_held", json=RELEASE)
        assert second["owner"] == first["id"]
    assert tenant.api.ok("GET", f"{environment}/lock")["owner"] == first["id"]
    # And a stranger who names the tenant in a header reaches neither the environment nor its lock
    stranger = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)
    stranger.refused("POST", f"{environment}/deployments", 403, "forbidden", json=RELEASE)
    stranger.refused("GET", f"{environment}/lock", 403, "forbidden")
    assert [each["id"] for each in tenant.api.items(f"{environment}/deployments")] == [first["id"]]
    # And the first one, once given up, can't be brought back to life
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{first['id']}/cancel")
    tenant.api.refused("POST", f"{DEPLOY}/deployments/{first['id']}/resume", 409, "illegal_transition")
    assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{first['id']}")["state"] == "cancelled"


def test_another_tenant_sees_nothing_of_an_environment(tenant: Tenant, other_tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"))
    deployment = start_deployment(tenant.api, environment)
    other = other_tenant.api
    for path in (environment, f"{environment}/lock", f"{environment}/state", f"{environment}/deployments"):
        other.refused("GET", path, 404, "not_found")
    other.refused("GET", f"{DEPLOY}/plans/{plan['id']}", 404, "not_found")
    other.refused("GET", f"{DEPLOY}/deployments/{deployment['id']}", 404, "not_found")
    other.refused("POST", f"{DEPLOY}/deployments/{deployment['id']}/cancel", 404, "not_found")
    assert list(other.items(f"{DEPLOY}/environments")) == []
    # And an environment of the same name is another one, with a lock of its own
    theirs = make_environment(other)
    other.refused("POST", f"{theirs}/applies", 404, "not_found", json={"plan_id": plan["id"]})
    assert deployment_in(tenant.api, deployment["id"])["state"] == "succeeded"


def test_another_tenants_state_of_the_same_name_is_another_state(tenant: Tenant, other_tenant: Tenant) -> None:
    url = f"{DEPLOY}/states/prod"
    document = {"version": 4, "serial": 1, "lineage": "mine", "resources": []}
    tenant.api.ok("POST", url, 200, json=document)
    other_tenant.api.refused("GET", url, 404, "state_not_found")
    other_tenant.api.ok("DELETE", url, 200)
    other_tenant.api.ok("POST", url, 200, json={**document, "lineage": "theirs"})
    assert tenant.api.ok("GET", url)["lineage"] == "mine"


def test_a_viewer_looks_and_changes_nothing(tenant: Tenant, viewer: Api) -> None:
    environment = make_environment(tenant.api)
    plan = make_plan(tenant.api, environment, null("a"))
    viewer.ok("GET", environment)
    viewer.refused("POST", f"{DEPLOY}/environments", 403, "forbidden", json={"name": "other"})
    viewer.refused("POST", f"{environment}/applies", 403, "forbidden", json={"plan_id": plan["id"]})
    viewer.refused("POST", f"{environment}/deployments", 403, "forbidden", json=RELEASE)
    viewer.refused("LOCK", f"{DEPLOY}/states/prod", 403, "forbidden", json={"ID": "x"})
    assert [each["name"] for each in tenant.api.items(f"{DEPLOY}/environments")] == ["prod"]
    assert list(tenant.api.items(f"{environment}/applies")) == []
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False


def test_tenants_neither_see_nor_act_as_the_controller(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    paused = paused_deployment(tenant.api, environment)
    progress = f"{DEPLOY}/deployments/{paused['id']}/progress"
    body = {"fencing_token": 1, "old": 0, "new": 2, "traffic": 100}
    tenant.api.refused("GET", f"{DEPLOY}/controller", 403, "forbidden")
    tenant.api.refused("POST", progress, 403, "forbidden", json=body)
    assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{paused['id']}") == paused


@pytest.mark.parametrize("behind", [1, 2])
def test_a_write_under_an_older_fencing_token_is_refused(tenant: Tenant, operator: Api, behind: int) -> None:
    # Given a rollout, and a token that an earlier leader may have had
    environment = make_environment(tenant.api)
    paused = paused_deployment(tenant.api, environment)
    token = leader_of(operator)["fencing_token"]
    body = {"fencing_token": token - behind, "old": 0, "new": 1, "traffic": 100}
    # When a write carries it, then it is refused and changes nothing
    progress = f"{DEPLOY}/deployments/{paused['id']}/progress"
    problem = tenant.operator.refused("POST", progress, 409, "stale_fencing_token", json=body)
    assert (problem["token"], problem["highest"]) == (token - behind, token)
    assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{paused['id']}") == paused


def test_a_token_that_no_election_gave_does_not_shut_the_leader_out(tenant: Tenant, operator: Api) -> None:
    environment = make_environment(tenant.api)
    paused = paused_deployment(tenant.api, environment)
    body = {"fencing_token": 2**40, "old": 0, "new": 1, "traffic": 100}
    progress = f"{DEPLOY}/deployments/{paused['id']}/progress"
    tenant.operator.refused("POST", progress, 422, "unknown_fencing_token", json=body)
    assert operator.ok("GET", f"{DEPLOY}/controller")["newest_token"] == leader_of(operator)["fencing_token"]
