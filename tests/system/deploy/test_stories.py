"""An environment whose resources are made by their owners, and deployments that compete for it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.deploying import (
    DEPLOY,
    ENDED,
    apply_resources,
    deployment_in,
    make_environment,
    null,
    start_deployment,
)
from tests.support.eventually import eventually
from tests.support.identities import Tenant

pytestmark = pytest.mark.services("storage")

VOLUME = {"address": "storage.volume.data", "attributes": {"size_gib": 5, "zone": "nimbus-eu-1a"}}
BUCKET = {"address": "storage.bucket.logs", "attributes": {"name": "env-logs"}}
STORAGE = "/api/storage/v1"


def used(tenant: Tenant, resource: str) -> int:
    quotas: dict[str, dict[str, int]] = {
        each["resource"]: each for each in tenant.api.ok("GET", "/api/tenants/v1/quotas")["items"]
    }
    return quotas[resource]["used"] + quotas[resource]["reserved"]


def test_resources_are_made_grown_and_destroyed_by_the_services_that_own_them(tenant: Tenant) -> None:
    # Given an environment with a volume, a bucket and what refers to the volume
    environment = make_environment(tenant.api)
    user = null("user", volume="${storage.volume.data.id}")
    done = apply_resources(tenant.api, environment, VOLUME, BUCKET, user)
    ids = {step["address"]: step["resource_id"] for step in done["steps"]}
    volume = tenant.api.ok("GET", f"{STORAGE}/volumes/{ids['storage.volume.data']}")
    assert (volume["name"], volume["size_gib"], volume["state"]) == ("data", 5, "active")
    assert [each["name"] for each in tenant.api.items(f"{STORAGE}/buckets")] == ["env-logs"]
    assert (used(tenant, "storage_gib"), used(tenant, "volumes"), used(tenant, "buckets")) == (5, 1, 1)
    # When the volume is to be larger, then it has grown in place
    larger = {**VOLUME, "attributes": {"size_gib": 8, "zone": "nimbus-eu-1a"}}
    grown = apply_resources(tenant.api, environment, larger, BUCKET, user)
    assert [(step["action"], step["address"]) for step in grown["steps"]] == [("update", "storage.volume.data")]
    assert tenant.api.ok("GET", f"{STORAGE}/volumes/{volume['id']}")["size_gib"] == 8
    # When all is destroyed, then nothing is left, nor charged to the quota
    apply_resources(tenant.api, environment)
    assert list(tenant.api.items(f"{STORAGE}/volumes")) == []
    assert list(tenant.api.items(f"{STORAGE}/buckets")) == []
    eventually(lambda: not any(used(tenant, resource) for resource in ("storage_gib", "volumes", "buckets")))


def test_of_two_deployments_at_once_one_gets_the_environment_and_keeps_it(tenant: Tenant) -> None:
    # Given somebody who deploys to one environment from two places at the same time
    environment = make_environment(tenant.api)
    release = {"image": "web:1", "startup_seconds": 1}
    body = {"release": release, "replicas": 2}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: tenant.api.post(f"{environment}/deployments", json=body), range(2)))
    # Then one of the two has it, and the other is told so
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 201)
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (lost["code"], lost["owner"]) == ("lock_held", won["id"])
    # And the first one's rollout ends undisturbed, as the only one there was
    assert deployment_in(tenant.api, won["id"])["state"] == "succeeded"
    assert [each["revision"] for each in tenant.api.items(f"{environment}/deployments")] == [1]


def test_resources_that_depend_on_each_other_across_services_come_and_go_in_order(tenant: Tenant) -> None:
    # Given a bucket that is made after a volume
    environment = make_environment(tenant.api)
    bucket = {**BUCKET, "depends_on": ["storage.volume.data"]}
    made = apply_resources(tenant.api, environment, bucket, VOLUME)
    assert [step["address"] for step in made["steps"]] == ["storage.volume.data", "storage.bucket.logs"]
    # When both go, then in reverse
    gone = apply_resources(tenant.api, environment)
    assert [step["address"] for step in gone["steps"]] == ["storage.bucket.logs", "storage.volume.data"]


SIZES = {1: (1, 0), 2: (1, 0), 3: (1, 0), 10: (3, 2), 100: (25, 25)}
"""How many replicas 25% are above and below so many (Kubernetes: surge is rounded up, unavailable down)."""


@pytest.mark.parametrize(
    "strategy",
    [
        {"type": "rolling", "max_surge": "25%", "max_unavailable": "25%"},
        {"type": "canary", "steps": [1, 50, 99], "minimum_samples": 1, "bake_seconds": 0, "max_error_percent": 0},
    ],
    ids=["rolling", "canary"],
)
def test_a_release_is_rolled_out_within_its_bounds_at_every_size(tenant: Tenant, strategy: dict[str, Any]) -> None:
    # Given environments of one replica to a hundred
    environments = {size: make_environment(tenant.api, f"size-{size}") for size in SIZES}
    first = {size: start_deployment(tenant.api, path, size) for size, path in environments.items()}
    for deployment in first.values():
        deployment_in(tenant.api, deployment["id"], "succeeded")
    # When the next release, whose replicas take a moment to come up, is rolled out in all of them at once
    release = {"image": "web:2", "startup_seconds": 0.3}
    started = {
        size: start_deployment(tenant.api, path, size, release=release, strategy=strategy)["id"]
        for size, path in environments.items()
    }
    seen: dict[int, list[dict[str, Any]]] = {size: [] for size in SIZES}

    def all_ended() -> bool:
        for size, id in started.items():
            if not seen[size] or seen[size][-1]["state"] not in ENDED:
                found = tenant.api.ok("GET", f"{DEPLOY}/deployments/{id}")
                seen[size].append(found)
                if strategy["type"] == "canary" and found["step_ready"] and found["new"] and found["step"] < 3:
                    tenant.api.post(f"{DEPLOY}/deployments/{id}/samples", json={"requests": 1, "errors": 0})
        return all(views[-1]["state"] in ENDED for views in seen.values())

    eventually(all_ended, timeout=60.0)
    # Then whatever was seen was within the bounds, and each ended with all of its replicas new
    for size, (surge, unavailable) in SIZES.items():
        for view in seen[size]:
            assert view["target_old"] + view["target_new"] <= size + surge, (size, view)
            assert view["old_ready"] + view["new_ready"] >= size - unavailable, (size, view)
        last = seen[size][-1]
        assert (last["state"], last["old"], last["new_ready"], last["traffic"]) == ("succeeded", 0, size, 100)
