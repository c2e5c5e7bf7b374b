"""Rollouts by the elected controller, strategy by strategy."""

from typing import Any

import pytest

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
    deployment_in(tenant.api, canary["id"], "in_progress")
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


def test_a_canary_of_a_single_replica_runs_beside_the_stable_one_until_it_is_judged(tenant: Tenant) -> None:
    # Given one stable replica
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 1)["id"], "succeeded")
    # When a canary of 10% is ready, then the stable one is there, too, and has 90% of the traffic
    strategy = {**CANARY, "steps": [10], "minimum_samples": 5}
    canary = start_deployment(tenant.api, environment, 1, strategy=strategy)
    path = f"{DEPLOY}/deployments/{canary['id']}"
    judged = eventually(lambda: (found := tenant.api.ok("GET", path))["step_ready"] and found["new"] and found)
    assert (judged["old_ready"], judged["new_ready"], judged["traffic"], judged["state"]) == (1, 1, 10, "in_progress")
    # And it takes over with its samples
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 5, "errors": 0})
    ended = deployment_in(tenant.api, canary["id"], "succeeded")
    assert (ended["old"], ended["new_ready"], ended["traffic"]) == (0, 1, 100)


def test_a_step_of_a_hundred_percent_is_judged_like_any_other(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 3)["id"], "succeeded")
    canary = start_deployment(tenant.api, environment, 3, strategy={**CANARY, "steps": [100]})
    path = f"{DEPLOY}/deployments/{canary['id']}"
    judged = eventually(lambda: (found := tenant.api.ok("GET", path))["traffic"] == 100 and found)
    assert (judged["old"], judged["new_ready"], judged["state"]) == (0, 3, "in_progress")
    tenant.api.ok("POST", f"{path}/samples", json={"requests": 50, "errors": 50})
    ended = deployment_in(tenant.api, canary["id"], "rolled_back")
    assert (ended["reason"], ended["old_ready"], ended["new"], ended["traffic"]) == ("canary_errors", 3, 0, 0)


def test_a_promoted_canary_takes_over_no_faster_than_its_replicas_become_ready(tenant: Tenant) -> None:
    # Given ten stable replicas, and a canary whose replicas take a second to come up
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 10)["id"], "succeeded")
    strategy = {**CANARY, "steps": [10], "minimum_samples": 1}
    release = {"image": "web:2", "startup_seconds": 1}
    canary = start_deployment(tenant.api, environment, 10, release=release, strategy=strategy)
    deployment_in(tenant.api, canary["id"], "in_progress")
    # When it is promoted
    tenant.api.ok("POST", f"{DEPLOY}/deployments/{canary['id']}/samples", json={"requests": 1, "errors": 0})
    seen: list[dict[str, Any]] = []

    def ended() -> bool:
        seen.append(tenant.api.ok("GET", f"{DEPLOY}/deployments/{canary['id']}"))
        return seen[-1]["state"] == "succeeded"

    eventually(ended, 20.0)
    # Then at no time were fewer than eight of the ten ready, nor more than thirteen there: 25% either way
    assert min(each["old_ready"] + each["new_ready"] for each in seen) >= 8
    assert max(each["target_old"] + each["target_new"] for each in seen) <= 13
    # And the new ones had no more of the traffic than their share of those that were ready
    for each in seen:
        assert each["traffic"] <= max(10, each["new_ready"] * 100 // (each["old_ready"] + each["new_ready"]))
    assert (seen[-1]["old"], seen[-1]["new_ready"], seen[-1]["traffic"]) == (0, 10, 100)


@pytest.mark.parametrize(
    ("strategy", "code"),
    [
        ({"type": "rolling", "max_surge": 0, "max_unavailable": 0}, "invalid_rolling_bounds"),
        ({"type": "rolling", "max_surge": "0%", "max_unavailable": 0}, "invalid_rolling_bounds"),
        ({"type": "rolling", "max_surge": 0, "max_unavailable": "101%"}, "invalid_share"),
        ({"type": "rolling", "max_surge": 10**15}, "invalid_share"),
        ({**CANARY, "max_surge": 0, "max_unavailable": "0%"}, "invalid_rolling_bounds"),
        ({**CANARY, "max_surge": 0}, "invalid_canary_steps"),
        ({**CANARY, "steps": [0]}, "invalid_canary_steps"),
    ],
)
def test_a_strategy_that_could_never_move_is_refused_and_locks_nothing(
    tenant: Tenant, strategy: dict[str, Any], code: str
) -> None:
    environment = make_environment(tenant.api)
    body = {"release": {"image": "web:1"}, "replicas": 1, "strategy": strategy}
    tenant.api.refused("POST", f"{environment}/deployments", 422, code, json=body)
    assert tenant.api.ok("GET", f"{environment}/lock")["locked"] is False
    assert list(tenant.api.items(f"{environment}/deployments")) == []


@pytest.mark.parametrize("seconds", [-1, 1e15, 10**9])
def test_times_that_no_rollout_takes_are_refused(tenant: Tenant, seconds: float) -> None:
    environment = make_environment(tenant.api)
    for strategy in ({**CANARY, "bake_seconds": seconds}, {"type": "blue_green", "keep_old_seconds": seconds}):
        body = {"release": {"image": "web:1"}, "replicas": 1, "strategy": strategy}
        tenant.api.refused("POST", f"{environment}/deployments", 422, "validation_failed", json=body)


def test_a_surge_of_two_hundred_percent_brings_all_new_replicas_up_at_once(tenant: Tenant) -> None:
    environment = make_environment(tenant.api)
    deployment_in(tenant.api, start_deployment(tenant.api, environment, 2)["id"], "succeeded")
    strategy = {"type": "rolling", "max_surge": "200%", "max_unavailable": 0}
    release = {"image": "web:2", "starts": False}
    started = start_deployment(tenant.api, environment, 2, strategy=strategy, release=release)
    path = f"{DEPLOY}/deployments/{started['id']}"
    moved = eventually(lambda: (found := tenant.api.ok("GET", path))["new"] and found)
    assert (moved["old_ready"], moved["new"], moved["new_ready"]) == (2, 2, 0)


def test_samples_are_counted_only_where_they_can_be_true(tenant: Tenant) -> None:
    # Given a rollout on its way
    environment = make_environment(tenant.api)
    release = {"image": "web:1", "startup_seconds": 600}
    started = start_deployment(tenant.api, environment, release=release)
    deployment_in(tenant.api, started["id"], "in_progress")
    samples = f"{DEPLOY}/deployments/{started['id']}/samples"
    path = f"{DEPLOY}/deployments/{started['id']}"
    before = eventually(lambda: (found := tenant.api.ok("GET", path))["new"] == 2 and found)
    # Then more failures than requests are refused, and numbers beyond counting
    tenant.api.refused("POST", samples, 422, "invalid_samples", json={"requests": 1, "errors": 2})
    tenant.api.refused("POST", samples, 422, "validation_failed", json={"requests": 10**15, "errors": 0})
    # And so is a report made for another version, and one for a rollout that has ended
    stale = tenant.api.with_headers(If_Match=f'"{before["version"] + 7}"')
    stale.refused("POST", samples, 412, "version_conflict", json={"requests": 1, "errors": 0})
    assert tenant.api.ok("GET", path) == before
    tenant.api.ok("POST", f"{path}/cancel")
    tenant.api.refused("POST", samples, 409, "not_in_progress", json={"requests": 1, "errors": 0})
