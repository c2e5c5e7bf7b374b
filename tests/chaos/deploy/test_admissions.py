"""A vote among processes of which some are gone, cut off or superseded: no minority lets anything in."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import etcd3
import pytest

from tests.support.api import Api
from tests.support.deploying import (
    DEPLOY,
    believers,
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
TENANTS = "/api/tenants/v1/tenants"
SLOW = {"image": "web:slow", "startup_seconds": 600}
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


@pytest.fixture
def rejoined(fleet: FleetControl, operator: Api, ghosts: None) -> Iterator[list[str]]:
    """Who is a member, and is one again afterwards."""
    names: list[str] = operator.ok("GET", MEMBERS)["members"]
    yield names
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        for name in set(names).difference(GHOSTS):
            etcd.put(f"/members/rollout-controller/{name}", name)


def protected(api: Api) -> str:
    environment = make_environment(api)
    api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})
    return environment


def admission(api: Api, deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.ok("GET", f"{DEPLOY}/deployments/{deployment['id']}/admission")
    return found


def is_open(fleet: FleetControl, deployment: dict[str, Any]) -> bool:
    """Whether the members are asked about a deployment, of which there is or was a ballot."""
    host, port = fleet.address("etcd:2379")
    with etcd3.client(host, port) as etcd:
        value, _ = etcd.get(f"/ballots/rollout-controller/proposals/{deployment['id']}")
    return not json.loads(value)["closed"]


def with_votes(api: Api, deployment: dict[str, Any], approvals: int, timeout: float = 30.0) -> dict[str, Any]:
    """The admission once so many have approved."""
    return eventually(lambda: (now := admission(api, deployment))["approvals"] == approvals and now, timeout)


def approved_by_a_ghost(tenant: Tenant, deployment: dict[str, Any]) -> bool:
    """Whether a fourth vote counts. On a busy machine a leader may lose its lease, and the next one asks all anew."""
    body = {"term": admission(tenant.api, deployment)["term"], "member": "ghost-1", "approve": True}
    votes = f"{DEPLOY}/deployments/{deployment['id']}/votes"
    return tenant.operator.request("POST", votes, json=body).status_code == 200


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


@pytest.mark.services("tenants")
@pytest.mark.parametrize("way", ["cancel", "suspend", "close"])
def test_nobody_votes_any_more_on_a_deployment_that_was_given_up_while_it_waited(
    fleet: FleetControl, tenant: Tenant, ghosts: None, way: str
) -> None:
    # Given a deployment that waits for a fourth vote
    deployment = start_deployment(tenant.api, protected(tenant.api))
    path = f"{DEPLOY}/deployments/{deployment['id']}"
    term = with_votes(tenant.api, deployment, 3)["term"]
    assert is_open(fleet, deployment) is True
    # When it is cancelled, or its tenant is suspended or closed
    tenant.operator.ok("POST", f"{path}/cancel" if way == "cancel" else f"{TENANTS}/{tenant.id}/{way}")
    reason = {"cancel": "cancelled", "suspend": "tenant_suspended", "close": "tenant_closed"}[way]
    ended = deployment_in(tenant.operator, deployment["id"], "cancelled", timeout=30.0)
    assert (ended["reason"], ended["new"]) == (reason, 0)
    # Then its ballot is closed, and a vote is told so
    eventually(lambda: not is_open(fleet, deployment), 30.0)
    vote = {"term": term, "member": "ghost-1", "approve": True}
    tenant.operator.refused("POST", f"{path}/votes", 409, "stale_term", json=vote)
    tenant.operator.refused("POST", f"{path}/ballots", 409, "stale_term", json={"term": term})


def test_who_heard_no_answer_to_a_vote_may_say_the_same_again_and_nothing_else(
    tenant: Tenant, operator: Api, ghosts: None
) -> None:
    # Given a deployment that the fourth approval of six lets in, to which no answer came and none was kept
    deployment = start_deployment(tenant.api, protected(tenant.api))
    votes = f"{DEPLOY}/deployments/{deployment['id']}/votes"
    term = with_votes(tenant.api, deployment, 3)["term"]
    body = {"term": term, "member": "ghost-1", "approve": True}
    tenant.operator.ok("POST", votes, 200, json=body)
    assert deployment_in(tenant.api, deployment["id"])["state"] == "succeeded"
    eventually(lambda: admission(tenant.api, deployment)["term"] == 0)
    # When it is sent again, then it is answered, and another vote is not
    again = tenant.operator.ok("POST", votes, 200, json=body)
    assert (again["verdict"], again["term"], again["needed"]) == ("admitted", 0, 4)
    for other in ({"approve": False}, {"member": "ghost-2"}, {"term": term + 1}):
        tenant.operator.refused("POST", votes, 409, "stale_term", json={**body, **other})


def test_a_refused_deployment_stays_refused_for_who_votes_or_asks_again(
    tenant: Tenant, operator: Api, ghosts: None
) -> None:
    deployment = start_deployment(tenant.api, protected(tenant.api))
    votes = f"{DEPLOY}/deployments/{deployment['id']}/votes"
    term = with_votes(tenant.api, deployment, 3)["term"]
    bodies = [{"term": term, "member": name, "approve": False} for name in GHOSTS]
    for body in bodies:
        tenant.operator.ok("POST", votes, 200, json=body)
    assert deployment_in(tenant.api, deployment["id"])["state"] == "cancelled"
    eventually(lambda: admission(tenant.api, deployment)["term"] == 0)
    assert tenant.operator.ok("POST", votes, 200, json=bodies[-1])["verdict"] == "refused"
    assert admission(tenant.api, deployment)["verdict"] == "refused"


def test_who_heard_no_answer_to_a_proposal_may_make_it_again_and_loses_no_vote(tenant: Tenant, ghosts: None) -> None:
    # Given an operator's proposal that a member has voted on
    deployment = start_deployment(tenant.api, make_environment(tenant.api), release=SLOW)
    deployment_in(tenant.api, deployment["id"], "in_progress")
    path = f"{DEPLOY}/deployments/{deployment['id']}"
    first = tenant.operator.ok("POST", f"{path}/ballots", 200, json={"term": 1})
    assert (first["term"], first["refusals"]) == (1, 0)
    body = {"term": 1, "member": "ghost-1", "approve": False}
    tenant.operator.ok("POST", f"{path}/votes", 200, json=body)
    # When it is made again, then it is answered by how it stands
    again = tenant.operator.ok("POST", f"{path}/ballots", 200, json={"term": 1})
    assert (again["term"], again["refusals"]) == (1, 1)
    tenant.operator.ok("POST", f"{path}/cancel")


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
    assert eventually(lambda: believers(operator) == [new["candidate"]], 30.0)
    later = eventually(lambda: (found := admission(tenant.api, deployment))["term"] == new["term"] and found, 30.0)
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


def test_a_member_that_hung_while_its_connection_broke_hears_of_what_was_proposed_meanwhile(
    fleet: FleetControl, tenant: Tenant, operator: Api, ghosts: None
) -> None:
    # Given a candidate that hangs while every connection to etcd breaks
    environment = protected(tenant.api)
    follower = {"deploy-worker", "deploy-controller"} - {leader_of(operator)["candidate"]}
    with fleet.paused(follower.pop()):
        fleet.kill("etcd")
        fleet.start("etcd")
        fleet.wait_healthy("etcd")
        # When something is proposed, and the two others have voted
        deployment = eventually(lambda: start_deployment(tenant.api, environment), 10.0)
        assert with_votes(tenant.api, deployment, 2, timeout=15.0)["verdict"] == "open"
    # Then it votes, too, once it goes on
    now = with_votes(tenant.api, deployment, 3)
    assert (now["refusals"], now["needed"], now["verdict"]) == (0, 4, "open")


def test_what_is_reported_while_a_deployment_waits_for_admission_is_not_its_canarys(
    tenant: Tenant, operator: Api, ghosts: None
) -> None:
    # Given a canary beside two stable replicas that waits for a fourth vote
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment)["id"], "succeeded")
    tenant.api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})
    strategy = {"type": "canary", "steps": [50], "minimum_samples": 10, "bake_seconds": 0, "max_error_percent": 1}
    canary = start_deployment(tenant.api, environment, strategy=strategy)
    path = f"{DEPLOY}/deployments/{canary['id']}"
    with_votes(tenant.api, canary, 3)
    # When samples are reported, of which it can't have answered any, then they are refused
    for errors in (0, 1_000):
        body = {"requests": 1_000, "errors": errors}
        tenant.api.refused("POST", f"{path}/samples", 409, "not_in_progress", json=body)
    # And once it is let in it waits for its own
    eventually(lambda: approved_by_a_ghost(tenant, canary), 30.0)
    ready = eventually(lambda: (now := tenant.api.ok("GET", path))["step_ready"] and now["new_ready"] and now)
    assert (ready["state"], ready["step"], ready["new_ready"]) == ("in_progress", 0, 1)
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 9, "errors": 0})
    assert tenant.api.ok("GET", path)["step"] == 0
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 1, "errors": 0})
    assert deployment_in(tenant.api, canary["id"])["state"] == "succeeded"


def test_of_members_that_are_removed_at_once_one_stays(operator: Api, rejoined: list[str]) -> None:
    # Given six members, when all are removed at the same moment
    with ThreadPoolExecutor(len(rejoined)) as pool:
        answers = list(pool.map(lambda name: operator.delete(f"{MEMBERS}/{name}"), rejoined))
    # Then one is refused, and stays the one that can be asked
    assert sorted(answer.status_code for answer in answers) == [204] * 5 + [409], [each.text for each in answers]
    [left] = operator.ok("GET", MEMBERS)["members"]
    operator.refused("DELETE", f"{MEMBERS}/{left}", 409, "last_member")
    operator.refused("DELETE", f"{MEMBERS}/nobody", 404, "not_found")
    assert operator.ok("GET", MEMBERS)["members"] == [left]
