"""Volumes and snapshots: sizes, states, quota, versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant
from tests.support.storing import STORAGE, in_use, make_bucket, make_volume, put_object
from tests.support.zones import quota


def settled(operator: Api, resource: str) -> tuple[int, int]:
    """What a tenant has used of a quota, and what is reserved beside that."""
    quotas = operator.ok("GET", "/api/tenants/v1/quotas")["items"]
    quota: dict[str, Any] = next(each for each in quotas if each["resource"] == resource)
    return quota["used"], quota["reserved"]


def test_a_volume_is_provisioned_and_counted_and_given_back(tenant: Tenant) -> None:
    # Given a new volume
    volume = make_volume(tenant.api, 10)
    assert (volume["state"], volume["size_gib"], volume["volume_class"]) == ("active", 10, "general")
    assert (in_use(tenant.operator, "volumes"), in_use(tenant.operator, "storage_gib")) == (1, 10)
    # When it grows, then the growth is counted, too
    grown = tenant.api.ok("PATCH", f"{STORAGE}/volumes/{volume['id']}", json={"size_gib": 25})
    assert grown["size_gib"] == 25
    assert in_use(tenant.operator, "storage_gib") == 25
    # When it is deleted, then all of it is free again
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    eventually(lambda: (in_use(tenant.operator, "volumes"), in_use(tenant.operator, "storage_gib")) == (0, 0))
    tenant.api.refused("GET", f"{STORAGE}/volumes/{volume['id']}", 404, "not_found")


def test_a_size_outside_its_class_is_refused_and_nothing_is_made(tenant: Tenant) -> None:
    for fields, code in (
        ({"size_gib": 0}, "invalid_volume_size"),
        ({"size_gib": 16_385}, "invalid_volume_size"),
        ({"size_gib": 124, "volume_class": "cold"}, "invalid_volume_size"),
        ({"volume_class": "tape"}, "unknown_volume_class"),
    ):
        body = {"name": "data", "size_gib": 10, "zone": "nimbus-eu-1a", **fields}
        tenant.api.refused("POST", f"{STORAGE}/volumes", 422, code, json=body)
    assert list(tenant.api.items(f"{STORAGE}/volumes")) == []
    assert in_use(tenant.operator, "volumes") == 0


@pytest.mark.infrastructure_state
def test_a_volume_that_nobody_uses_cannot_be_detached(tenant: Tenant) -> None:
    # Given an active volume
    volume = make_volume(tenant.api)
    # When it is detached, then the transition is refused with those that are allowed, and nothing has changed
    path = f"{STORAGE}/volumes/{volume['id']}"
    problem = tenant.api.refused("POST", f"{path}/detach", 409, "illegal_transition")
    assert (problem["current"], problem["target"]) == ("active", "detaching")
    assert problem["allowed"] == ["attaching", "deleting"]
    assert tenant.api.ok("GET", path) == volume


def test_a_volume_does_not_shrink_and_a_stale_writer_is_refused(tenant: Tenant) -> None:
    volume = make_volume(tenant.api, 10)
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.refused("PATCH", path, 422, "volumes_only_grow", json={"size_gib": 9})
    stale = {"If-Match": f'"{volume["version"]}"'}
    tenant.api.ok("PATCH", path, json={"name": "renamed"}, headers=stale)
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"name": "lost"}, headers=stale)
    assert tenant.api.ok("GET", path)["name"] == "renamed"


def test_quota_is_enforced_and_a_refused_volume_takes_none(operator: Api) -> None:
    # Given a tenant that may have 12 GiB
    tenant = create_tenant(operator, quotas={"storage_gib": 12})
    make_volume(tenant.api, 10)
    # When it asks for three more, then it is refused and only the first counts
    body = {"name": "more", "size_gib": 3, "zone": "nimbus-eu-1a"}
    tenant.api.refused("POST", f"{STORAGE}/volumes", 403, "quota_exceeded", json=body)
    assert (in_use(tenant.operator, "volumes"), in_use(tenant.operator, "storage_gib")) == (1, 10)
    assert len(list(tenant.api.items(f"{STORAGE}/volumes"))) == 1
    make_volume(tenant.api, 2)


def test_a_snapshot_outlives_its_volume_and_a_volume_of_it_holds_all(tenant: Tenant) -> None:
    volume = make_volume(tenant.api, 10)
    snapshot = tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "nightly"})
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    body = {"name": "restored", "zone": "nimbus-eu-1a", "snapshot_id": snapshot["id"]}
    tenant.api.refused("POST", f"{STORAGE}/volumes", 422, "smaller_than_snapshot", json={**body, "size_gib": 9})
    restored = tenant.api.ok("POST", f"{STORAGE}/volumes", 201, json=body)
    assert (restored["size_gib"], restored["snapshot_id"]) == (10, snapshot["id"])
    tenant.api.ok("DELETE", f"{STORAGE}/snapshots/{snapshot['id']}", 204)
    eventually(lambda: in_use(tenant.operator, "snapshots") == 0)


def test_what_was_reserved_is_committed_by_the_events_of_what_was_made(tenant: Tenant) -> None:
    # Given a volume that has grown, a snapshot of it and a bucket
    volume = make_volume(tenant.api, 10)
    tenant.api.ok("PATCH", f"{STORAGE}/volumes/{volume['id']}", json={"size_gib": 25})
    tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "nightly"})
    make_bucket(tenant.api)
    # Then all of it counts as used, and nothing is left that could expire
    resources = ("volumes", "storage_gib", "snapshots", "buckets")
    eventually(lambda: [settled(tenant.operator, each) for each in resources] == [(1, 0), (25, 0), (1, 0), (1, 0)])


def test_a_growth_that_was_refused_can_be_asked_for_again(operator: Api) -> None:
    # Given a volume that may not grow by ten
    tenant = create_tenant(operator, quotas={"storage_gib": 15})
    volume = make_volume(tenant.api, 10)
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.refused("PATCH", path, 403, "quota_exceeded", json={"size_gib": 20})
    assert (in_use(tenant.operator, "storage_gib"), tenant.api.ok("GET", path)) == (10, volume)
    # When the limit is raised and the same is asked for, then it grows and counts
    tenant.operator.ok("PUT", "/api/tenants/v1/quotas/storage_gib", json={"limit": 20})
    tenant.api.ok("PATCH", path, json={"size_gib": 20})
    eventually(lambda: settled(tenant.operator, "storage_gib") == (20, 0))


@pytest.mark.usefixtures("same_day")
def test_usage_is_recorded_on_request_once(tenant: Tenant, other_tenant: Tenant) -> None:
    # Given two volumes, and one of another tenant
    volumes = [make_volume(tenant.api), make_volume(tenant.api)]
    make_volume(other_tenant.api)
    # When usage is flushed, then there is a record for each of one's own, and their versions are the same as before
    assert tenant.api.ok("POST", f"{STORAGE}/usage/flush")["recorded"] == 2
    for volume in volumes:
        assert tenant.api.ok("GET", f"{STORAGE}/volumes/{volume['id']}") == volume


def test_one_idempotency_key_makes_one_volume(tenant: Tenant) -> None:
    api = tenant.api.with_headers(Idempotency_Key="make-it-once")
    first, second = make_volume(api), make_volume(api)
    assert first == second
    other = {"name": "data", "size_gib": 11, "zone": "nimbus-eu-1a"}
    api.refused("POST", f"{STORAGE}/volumes", 422, "idempotency_key_reused", json=other)
    assert [each["id"] for each in tenant.api.items(f"{STORAGE}/volumes")] == [first["id"]]


def test_a_closed_tenant_leaves_nothing_behind(tenant: Tenant) -> None:
    # Given a tenant with a volume, a snapshot and a bucket with an object
    volume = make_volume(tenant.api)
    tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "last"})
    put_object(tenant.api, make_bucket(tenant.api), "a")
    # When it is closed, then all of it goes
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    left = (f"{STORAGE}/volumes", f"{STORAGE}/snapshots", f"{STORAGE}/buckets")
    assert eventually(lambda: [list(tenant.operator.items(path)) for path in left] == [[], [], []], 30.0)
    # And its quota comes back, each kind by the event of its end
    counted = ("volumes", "storage_gib", "snapshots", "buckets")
    eventually(lambda: [quota(tenant.operator, resource) for resource in counted] == [(0, 0)] * len(counted))


def test_a_stale_reader_neither_deletes_nor_attaches_nor_takes_a_snapshot(tenant: Tenant) -> None:
    # Given a volume and a snapshot that somebody has read, and a change of the volume since
    volume = make_volume(tenant.api)
    path = f"{STORAGE}/volumes/{volume['id']}"
    stale = {"If-Match": tenant.api.get(path).headers["etag"]}
    changed = tenant.api.ok("PATCH", path, json={"name": "renamed"})
    # When the reader acts on what was read, then every step is refused and nothing has changed
    for method, url, body in (
        ("DELETE", path, None),
        ("POST", f"{path}/attach", {"instance_id": "i-1"}),
        ("POST", f"{path}/detach", None),
        ("POST", f"{path}/snapshots", {"name": "nightly"}),
    ):
        tenant.api.refused(method, url, 412, "version_conflict", json=body, headers=stale)
    assert tenant.api.ok("GET", path) == changed
    assert list(tenant.api.items(f"{STORAGE}/snapshots")) == []
    # When it has read again, then it may
    fresh = {"If-Match": tenant.api.get(path).headers["etag"]}
    snapshot = tenant.api.ok("POST", f"{path}/snapshots", 201, json={"name": "nightly"}, headers=fresh)
    one = f"{STORAGE}/snapshots/{snapshot['id']}"
    tenant.api.refused("DELETE", one, 412, "version_conflict", headers={"If-Match": '"99"'})
    tenant.api.ok("DELETE", one, 204, headers={"If-Match": f'"{snapshot["version"]}"'})
    tenant.api.ok("DELETE", path, 204, headers=fresh)


@pytest.mark.parametrize("zone", ["zone-1", "nimbus-eu-1", "NIMBUS-EU-1A", "nimbus-eu-1a "])
def test_a_volume_lies_in_a_zone_of_the_catalogue(tenant: Tenant, zone: str) -> None:
    """EC2: `InvalidZone.NotFound`, whether the volume is empty or comes from a snapshot."""
    volume = make_volume(tenant.api, 10)
    snapshot = tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "nightly"})
    body = {"name": "data", "size_gib": 10, "zone": zone}
    for order in (body, {**body, "snapshot_id": snapshot["id"]}):
        tenant.api.refused("POST", f"{STORAGE}/volumes", 422, "unknown_volume_zone", json=order)
    assert [each["id"] for each in tenant.api.items(f"{STORAGE}/volumes")] == [volume["id"]]
    eventually(lambda: settled(tenant.operator, "storage_gib") == (10, 0))
