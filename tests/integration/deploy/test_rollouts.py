"""Rollouts by the elected controller, strategy by strategy."""

from tests.support.deploying import DEPLOY, deployment_in, make_environment, start_deployment
from tests.support.eventually import eventually
from tests.support.identities import Tenant

CANARY = {"type": "canary", "steps": [15], "minimum_samples": 50, "bake_seconds": 0, "max_error_percent": 1}


def test_a_rolling_update_replaces_the_stable_revision(tenant: Tenant) -> None:
    # Given a first revision of four replicas
    environment = make_environment(tenant.api)
    first = deployment_in(tenant.api, start_deployment(tenant.api, environment, 4)["id"])
    assert (first["state"], first["revision"], first["stable_revision"]) == ("succeeded", 1, None)
    # When a second one is rolled out
    second = deployment_in(tenant.api, start_deployment(tenant.api, environment, 4)["id"])
    # Then all replicas and all traffic are its own, under a leader's token
    assert (second["state"], second["revision"], second["stable_revision"]) == ("succeeded", 2, 1)
    assert (second["old"], second["new_ready"], second["traffic"]) == (0, 4, 100)
    assert second["fencing_token"] > 0


def test_a_canary_waits_for_its_samples_with_its_share_of_replicas(tenant: Tenant) -> None:
    # Given ten stable replicas
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 10)["id"], "succeeded")
    # When a canary of 15% begins
    canary = start_deployment(tenant.api, environment, 10, strategy=CANARY)
    path = f"{DEPLOY}/deployments/{canary['id']}"
    waiting = eventually(lambda: (found := tenant.api.ok("GET", path))["traffic"] == 15 and found)
    # Then it has two of the ten, and 49 of the 50 samples don't promote it
    assert (waiting["old"], waiting["new_ready"], waiting["step"]) == (8, 2, 0)
    counted = tenant.api.ok("POST", f"{path}/samples", json={"requests": 49, "errors": 0})
    assert (counted["state"], counted["step"]) == ("in_progress", 0)
    # When the last sample comes, then it is promoted and ends
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 1, "errors": 0})
    promoted = deployment_in(tenant.api, canary["id"])
    assert (promoted["state"], promoted["old"], promoted["new_ready"]) == ("succeeded", 0, 10)


def test_a_canary_with_too_many_errors_returns_to_the_stable_revision(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 10)["id"], "succeeded")
    canary = start_deployment(tenant.api, environment, 10, strategy=CANARY)
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{canary['id']}/samples", json={"requests": 100, "errors": 2})
    ended = deployment_in(tenant.api, canary["id"], "rolled_back")
    assert (ended["reason"], ended["old"], ended["old_ready"]) == ("canary_errors", 10, 10)
    assert (ended["new"], ended["traffic"]) == (0, 0)


def test_blue_green_takes_no_traffic_while_its_colour_is_not_ready(tenant: Tenant) -> None:
    # Given two stable replicas
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 2)["id"], "succeeded")
    # When a new colour is built up that doesn't start
    strategy = {"type": "blue_green", "keep_old_seconds": 0}
    release = {"image": "web:2", "starts": False}
    green = start_deployment(tenant.api, environment, 2, strategy=strategy, release=release)
    path = f"{DEPLOY}/deployments/{green['id']}"
    building = eventually(lambda: (found := tenant.api.ok("GET", path))["new"] == 2 and found)
    # Then the old one has all traffic, and keeps it when the deployment is given up
    assert (building["traffic"], building["old_ready"], building["new_ready"]) == (0, 2, 0)
    tenant.api.ok("POST", f"{path}/cancel")
    ended = deployment_in(tenant.api, green["id"], "rolled_back")
    assert (ended["reason"], ended["old_ready"], ended["new"], ended["traffic"]) == ("cancelled", 2, 0, 0)


def test_a_rollout_past_its_deadline_fails_and_rolls_back_to_the_last_successful_revision(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    release = {"image": "web:2", "starts": False}
    broken = start_deployment(tenant.api, environment, 3, release=release, progress_deadline_seconds=1)
    ended = deployment_in(tenant.api, broken["id"], "rolled_back")
    assert (ended["reason"], ended["stable_revision"]) == ("progress_deadline_exceeded", 1)
    assert (ended["old_ready"], ended["new"], ended["traffic"]) == (3, 0, 0)


def test_a_successful_revision_is_rolled_back_to_the_successful_one_before_it(tenant: Tenant) -> None:
    # Given two successful revisions with a cancelled one between them
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 2)["id"], "succeeded")
    slow = {"image": "web:2", "startup_seconds": 600}
    given_up = start_deployment(tenant.api, environment, 2, release=slow)
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{given_up['id']}/cancel")
    deployment_in(tenant.api, given_up["id"], "rolled_back")
    latest = start_deployment(tenant.api, environment, 3)
    deployment_in(tenant.api, latest["id"], "succeeded")
    # When the latest is rolled back, then to the first
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{latest['id']}/rollback")
    ended = deployment_in(tenant.api, latest["id"], "rolled_back")
    assert (ended["stable_revision"], ended["old_ready"], ended["new"]) == (1, 2, 0)
    # And it can't be rolled back twice
    tenant.api.refused("POST", f"{DEPLOY}/deployments/{latest['id']}/rollback", 409, "illegal_transition")


def test_rollouts_of_a_suspended_tenant_stand_still_until_it_is_resumed(tenant: Tenant) -> None:
    # Given a rollout in progress
    environment = make_environment(tenant.api)
    started = start_deployment(tenant.api, environment, release={"image": "web:1", "startup_seconds": 600})
    deployment_in(tenant.operator, started["id"], "in_progress")
    # When its tenant is suspended, then it is paused; when resumed, it goes on
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    paused = deployment_in(tenant.operator, started["id"], "paused")
    assert paused["reason"] == "tenant_suspended"
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/resume")
    deployment_in(tenant.operator, started["id"], "in_progress")
