"""Content that was damaged where it lies: it is never handed out as what was stored."""

from __future__ import annotations

from tests.support.blobs import Blobs
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.storing import MIN_PART_BYTES, make_bucket, put_object


def test_a_damaged_object_is_refused_whole_and_in_ranges(fleet: FleetControl, tenant: Tenant) -> None:
    # Given an object of which one byte has changed in the object store
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"as it was stored")
    blobs = Blobs.of(fleet, tenant.id)
    [name] = blobs.names()
    blobs.damage_last_byte(name)
    # Then nothing of it is handed out, not even what is as it was
    for headers in ({}, {"Range": "bytes=0-3"}, {"Range": "bytes=-1"}):
        tenant.api.refused("GET", f"{bucket}/objects/a", 503, "object_corrupted", headers=headers)
    # And when it is stored again, it is back
    put_object(tenant.api, bucket, "a", b"as it was stored")
    assert eventually(lambda: tenant.api.get(f"{bucket}/objects/a").content == b"as it was stored")


def test_damage_in_one_part_spoils_what_touches_it_and_nothing_else(fleet: FleetControl, tenant: Tenant) -> None:
    # Given an object of two parts, the second of which is damaged
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "big"})
    url = f"{bucket}/uploads/{upload['id']}"
    contents = [b"a" * MIN_PART_BYTES, b"the end"]
    parts = [tenant.api.ok("PUT", f"{url}/parts/{number}", content=each) for number, each in enumerate(contents, 1)]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    tenant.api.ok("POST", f"{url}/complete", json={"parts": listed})
    blobs = Blobs.of(fleet, tenant.id)
    [name] = blobs.names()
    blobs.damage_last_byte(name)
    # Then a range of the first part is served, and neither the whole nor a range that touches the second
    part = tenant.api.get(f"{bucket}/objects/big", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, b"a" * 10)
    for headers in ({}, {"Range": "bytes=-7"}, {"Range": f"bytes={MIN_PART_BYTES - 1}-{MIN_PART_BYTES}"}):
        tenant.api.refused("GET", f"{bucket}/objects/big", 503, "object_corrupted", headers=headers)


def test_the_content_of_what_is_gone_leaves_the_object_store(fleet: FleetControl, tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    put_object(tenant.api, bucket, "a", b"two")
    put_object(tenant.api, bucket, "b", b"three", If_None_Match="*")
    tenant.api.refused(
        "PUT", f"{bucket}/objects/b", 412, "precondition_failed", content=b"four", headers={"If-None-Match": "*"}
    )
    tenant.api.ok("DELETE", f"{bucket}/objects/b")
    # Only what is still an object's content is there, soon after
    eventually(lambda: len(Blobs.of(fleet, tenant.id).names()) == 1, 20.0)
    assert tenant.api.get(f"{bucket}/objects/a").content == b"two"
