"""Volumes and snapshots: sizes, states, quota, versions."""

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant, create_tenant
from tests.support.storing import STORAGE, in_use, make_bucket, make_volume, put_object


def test_a_volume_is_provisioned_and_counted_and_given_back(tenant: Tenant):
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
    assert (in_use(tenant.operator, "volumes"), in_use(tenant.operator, "storage_gib")) == (0, 0)
    tenant.api.refused("GET", f"{STORAGE}/volumes/{volume['id']}", 404, "not_found")


def test_a_size_outside_its_class_is_refused_and_nothing_is_made(tenant: Tenant):
    for fields, code in (
        ({"size_gib": 0}, "invalid_volume_size"),
        ({"size_gib": 16_385}, "invalid_volume_size"),
        ({"size_gib": 124, "volume_class": "cold"}, "invalid_volume_size"),
        ({"volume_class": "tape"}, "unknown_volume_class"),
    ):
        body = {"name": "data", "size_gib": 10, "zone": "zone-1", **fields}
        tenant.api.refused("POST", f"{STORAGE}/volumes", 422, code, json=body)
    assert list(tenant.api.items(f"{STORAGE}/volumes")) == []
    assert in_use(tenant.operator, "volumes") == 0


@pytest.mark.infrastructure_state
def test_a_volume_that_nobody_uses_cannot_be_detached(tenant: Tenant):
    # Given an active volume
    volume = make_volume(tenant.api)
    # When it is detached, then the transition is refused with those that are allowed, and nothing has changed
    path = f"{STORAGE}/volumes/{volume['id']}"
    problem = tenant.api.refused("POST", f"{path}/detach", 409, "illegal_transition")
    assert (problem["current"], problem["target"]) == ("active", "detaching")
    assert problem["allowed"] == ["attaching", "deleting"]
    assert tenant.api.ok("GET", path) == volume


def test_a_volume_does_not_shrink_and_a_stale_writer_is_refused(tenant: Tenant):
    volume = make_volume(tenant.api, 10)
    path = f"{STORAGE}/volumes/{volume['id']}"
    tenant.api.refused("PATCH", path, 422, "volumes_only_grow", json={"size_gib": 9})
    stale = {"If-Match": f'"{volume["version"]}"'}
    tenant.api.ok("PATCH", path, json={"name": "renamed"}, headers=stale)
    tenant.api.refused("PATCH", path, 412, "version_conflict", json={"name": "lost"}, headers=stale)
    assert tenant.api.ok("GET", path)["name"] == "renamed"


def test_quota_is_enforced_and_a_refused_volume_takes_none(operator):
    # Given a tenant that may have 12 GiB
    tenant = create_tenant(operator, quotas={"storage_gib": 12})
    make_volume(tenant.api, 10)
    # When it asks for three more, then it is refused and only the first counts
    body = {"name": "more", "size_gib": 3, "zone": "zone-1"}
    tenant.api.refused("POST", f"{STORAGE}/volumes", 403, "quota_exceeded", json=body)
    assert (in_use(tenant.operator, "volumes"), in_use(tenant.operator, "storage_gib")) == (1, 10)
    assert len(list(tenant.api.items(f"{STORAGE}/volumes"))) == 1
    make_volume(tenant.api, 2)


def test_a_snapshot_outlives_its_volume_and_a_volume_of_it_holds_all(tenant: Tenant):
    volume = make_volume(tenant.api, 10)
    snapshot = tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "nightly"})
    tenant.api.ok("DELETE", f"{STORAGE}/volumes/{volume['id']}", 204)
    body = {"name": "restored", "zone": "zone-1", "snapshot_id": snapshot["id"]}
    tenant.api.refused("POST", f"{STORAGE}/volumes", 422, "smaller_than_snapshot", json={**body, "size_gib": 9})
    restored = tenant.api.ok("POST", f"{STORAGE}/volumes", 201, json=body)
    assert (restored["size_gib"], restored["snapshot_id"]) == (10, snapshot["id"])
    tenant.api.ok("DELETE", f"{STORAGE}/snapshots/{snapshot['id']}", 204)
    assert in_use(tenant.operator, "snapshots") == 0


def test_one_idempotency_key_makes_one_volume(tenant: Tenant):
    api = tenant.api.with_headers(Idempotency_Key="make-it-once")
    first, second = make_volume(api), make_volume(api)
    assert first == second
    other = {"name": "data", "size_gib": 11, "zone": "zone-1"}
    api.refused("POST", f"{STORAGE}/volumes", 422, "idempotency_key_reused", json=other)
    assert [each["id"] for each in tenant.api.items(f"{STORAGE}/volumes")] == [first["id"]]


def test_a_closed_tenant_leaves_nothing_behind(tenant: Tenant):
    # Given a tenant with a volume, a snapshot and a bucket with an object
    volume = make_volume(tenant.api)
    tenant.api.ok("POST", f"{STORAGE}/volumes/{volume['id']}/snapshots", 201, json={"name": "last"})
    put_object(tenant.api, make_bucket(tenant.api), "a")
    # When it is closed, then all of it goes
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    for path in ("volumes", "snapshots", "buckets"):
        assert eventually(lambda path=path: not list(tenant.operator.items(f"{STORAGE}/{path}")), 5.0)
