"""A vote among processes of which some are gone, cut off or superseded: no minority lets anything in."""

from collections.abc import Iterator
from typing import Any

import etcd3
import pytest

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    deployment_in,
    end_lease,
    leader_of,
    make_environment,
    new_leader,
    start_deployment,
)
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

MEMBERS = f"{DEPLOY}/controller/members"
GHOSTS = ("ghost-1", "ghost-2", "ghost-3")
"""As many as there are processes: with them four of six votes are needed, and there are three."""


@pytest.fixture
def ghosts(fleet: FleetControl, operator: Api) -> Iterator[None]:
    """Members that once joined and are down."""
    assert eventually(lambda: len(operator.ok("GET", MEMBERS)["members"]) == 3)
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        for name in GHOSTS:
            etcd.put(f"/members/rollout-controller/{name}", name)
        yield
        for name in GHOSTS:
            etcd.delete(f"/members/rollout-controller/{name}")


def protected(api: Api) -> str:
    environment = make_environment(api)
    api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})
    return environment


def admission(api: Api, deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.ok("GET", f"{DEPLOY}/deployments/{deployment['id']}/admission")
    return found


def with_votes(api: Api, deployment: dict[str, Any], approvals: int) -> dict[str, Any]:
    """The admission once so many have approved."""
    return eventually(lambda: (now := admission(api, deployment))["approvals"] == approvals and now)


def test_a_deployment_waits_for_a_majority_and_a_removed_members_vote_is_nothing(
    tenant: Tenant, operator: Api, ghosts: None
) -> None:
    # Given three of six members that agree
    deployment = start_deployment(tenant.api, protected(tenant.api))
    votes = f"{DEPLOY}/deployments/{deployment['id']}/votes"
    now = with_votes(tenant.api, deployment, 3)
    assert (now["needed"], now["verdict"]) == (4, "open")
    # When one that refuses changes its mind, then its first vote stands; a stranger's is nothing
    for member, approve in (("ghost-1", False), ("ghost-1", True), ("stranger", True)):
        body = {"term": now["term"], "member": member, "approve": approve}
        now = tenant.operator.ok("POST", votes, 200, json=body)
    assert (now["approvals"], now["refusals"], now["verdict"]) == (3, 1, "open")
    assert tenant.api.ok("GET", f"{DEPLOY}/deployments/{deployment['id']}")["state"] == "pending"
    # When one that won't come back is removed, three of five are a majority
    operator.ok("DELETE", f"{MEMBERS}/ghost-2", 204)
    assert deployment_in(tenant.api, deployment["id"])["state"] == "succeeded"


def test_a_refused_deployment_is_cancelled_and_leaves_the_environment_free(
    tenant: Tenant, operator: Api, ghosts: None
) -> None:
    environment = protected(tenant.api)
    deployment = start_deployment(tenant.api, environment)
    now = with_votes(tenant.api, deployment, 3)
    # When so many refuse that there can't be a majority
    for member in GHOSTS:
        body = {"term": now["term"], "member": member, "approve": False}
        tenant.operator.ok("POST", f"{DEPLOY}/deployments/{deployment['id']}/votes", 200, json=body)
    ended = deployment_in(tenant.api, deployment["id"])
    assert (ended["state"], ended["reason"], ended["new"]) == ("cancelled", "not_admitted", 0)
    assert eventually(lambda: tenant.api.ok("GET", f"{environment}/lock")["locked"] is False)


def test_only_a_later_term_can_ask_again_and_votes_of_an_earlier_one_are_gone(
    fleet: FleetControl, tenant: Tenant, operator: Api, ghosts: None
) -> None:
    # Given a proposal that waits
    deployment = start_deployment(tenant.api, protected(tenant.api))
    path = f"{DEPLOY}/deployments/{deployment['id']}"
    now = with_votes(tenant.api, deployment, 3)
    body = {"term": now["term"], "member": "ghost-1", "approve": True}
    # Then neither its own term can ask again, nor an earlier one, nor one that nobody was elected in
    for term, status, code in ((0, 409, "stale_term"), (-1, 409, "stale_term"), (1, 422, "unknown_term")):
        if now["term"] + term > 0:
            tenant.operator.refused("POST", f"{path}/ballots", status, code, json={"term": now["term"] + term})
    # When another leader is elected, then it asks again in its own term, and all vote anew
    old = leader_of(operator)
    end_lease(fleet)
    new = new_leader(operator, old)
    later = eventually(lambda: (found := admission(tenant.api, deployment))["term"] == new["term"] and found, 8.0)
    tenant.operator.refused("POST", f"{path}/votes", 409, "stale_term", json=body)
    assert with_votes(tenant.api, deployment, 3)["term"] == later["term"]
    # And a fourth vote in the new term lets it in
    tenant.operator.ok("POST", f"{path}/votes", 200, json={**body, "term": later["term"]})
    assert deployment_in(tenant.api, deployment["id"])["fencing_token"] == new["fencing_token"]


def test_a_member_that_hangs_is_not_needed(fleet: FleetControl, tenant: Tenant, operator: Api) -> None:
    follower = {"deploy-worker", "deploy-controller"} - {leader_of(operator)["candidate"]}
    with fleet.paused(follower.pop()):
        deployment = start_deployment(tenant.api, protected(tenant.api))
        assert deployment_in(tenant.api, deployment["id"])["state"] == "succeeded"


def test_members_whose_connections_broke_hear_of_what_was_proposed_meanwhile(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given a protected environment, and an etcd that comes back after every connection to it has broken
    environment = protected(tenant.api)
    fleet.kill("etcd")
    fleet.start("etcd")
    fleet.wait_healthy("etcd")
    # When something is proposed at once, then nobody has missed it
    started = eventually(lambda: start_deployment(tenant.api, environment), 10.0)
    assert deployment_in(tenant.api, started["id"], timeout=20.0)["state"] == "succeeded"
