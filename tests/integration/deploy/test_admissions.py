"""Protected environments let deployments in by the vote of the controller's members."""

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.deploying import DEPLOY, deployment_in, leader_of, make_environment, start_deployment
from tests.support.eventually import eventually
from tests.support.identities import Tenant


def of_three(members: list[str]) -> list[str]:
    """The members once the API, the controller and the worker have joined; none before."""
    return members if len(members) >= 3 else []


def test_a_deployment_to_a_protected_environment_begins_when_a_majority_admits_it(
    tenant: Tenant, operator: Api
) -> None:
    # Given a protected environment, and the processes that take part in the controller
    environment = make_environment(tenant.api)
    assert tenant.api.ok("GET", environment)["protected"] is False
    assert tenant.api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})["protected"] is True
    members = eventually(lambda: of_three(operator.ok("GET", f"{DEPLOY}/controller/members")["members"]))
    # When something is deployed there
    started = start_deployment(tenant.api, environment)
    done = deployment_in(tenant.api, started["id"])
    # Then it is rolled out, and nothing is left to vote on
    assert done["state"] == "succeeded"
    left = tenant.api.ok("GET", f"{DEPLOY}/deployments/{started['id']}/admission")
    assert (left["verdict"], left["members"], left["needed"]) == ("admitted", members, len(members) // 2 + 1)


def test_nothing_is_proposed_again_in_the_term_of_a_ballot_that_is_closed(tenant: Tenant, operator: Api) -> None:
    # Given a deployment that was let in
    environment = make_environment(tenant.api)
    tenant.api.ok("PUT", f"{environment}/protection", 200, json={"protected": True})
    term = leader_of(operator)["term"]
    path = f"{DEPLOY}/deployments/{start_deployment(tenant.api, environment)['id']}"
    deployment_in(tenant.api, path.rpartition("/")[2], "succeeded")
    closed = eventually(lambda: (now := tenant.api.ok("GET", f"{path}/admission"))["term"] == 0 and now)
    # When somebody proposes it in that term, then it is over, and nothing is opened
    tenant.operator.refused("POST", f"{path}/ballots", 409, "stale_term", json={"term": term})
    assert tenant.api.ok("GET", f"{path}/admission") == closed


def test_protection_is_a_change_of_the_environment_with_its_version_and_event(tenant: Tenant, bus: Bus) -> None:
    environment = make_environment(tenant.api)
    before = tenant.api.ok("GET", environment)
    path = f"{environment}/protection"
    stale = {"If-Match": f'"{before["version"] + 1}"'}
    answer = tenant.api.put(path, json={"protected": True}, headers=stale)
    assert answer.status_code in (409, 412)
    tenant.api.ok("PUT", path, 200, json={"protected": True}, headers={"If-Match": f'"{before["version"]}"'})
    # The same again is no change
    after = tenant.api.ok("PUT", path, 200, json={"protected": True})
    assert (after["protected"], after["version"]) == (True, before["version"] + 1)
    told = bus.events(
        "deploy.events",
        lambda event: event["type"] == "deploy.environment.protection_changed" and event["subject"] == before["id"],
    )
    assert told[0]["data"] == {"id": before["id"], "name": "prod", "protected": True}
