"""Content that was damaged where it lies is never handed out as what was stored, and what is gone is not read."""

from __future__ import annotations

from contextlib import closing

from tests.support.blobs import Blobs
from tests.support.calls.sending import connect
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, login_operator
from tests.support.storing import MIN_PART_BYTES, make_bucket, put_object

RESTED = 8 * 3_600
"""Seconds after which nobody can be reading what was replaced or deleted."""


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
    # What was refused is gone already; of what could be read only what still can is there when it has rested
    blobs = Blobs.of(fleet, tenant.id)
    assert len(blobs.names()) == 3
    fleet.step_clock(RESTED)
    eventually(lambda: len(blobs.names()) == 1, 20.0)
    fleet.step_clock(0)
    assert tenant.api.get(f"{bucket}/objects/a").content == b"two"


def test_who_reads_an_object_that_is_replaced_or_deleted_comes_to_its_end(fleet: FleetControl, tenant: Tenant) -> None:
    # Given an object of eight pieces, of which a client has taken the first bytes
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "big"})
    url = f"{bucket}/uploads/{upload['id']}"
    contents = [letter.encode() * MIN_PART_BYTES for letter in "abcdefgh"]
    parts = [tenant.api.ok("PUT", f"{url}/parts/{number}", content=each) for number, each in enumerate(contents, 1)]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    tenant.api.ok("POST", f"{url}/complete", json={"parts": listed})
    with tenant.api.client.stream("GET", f"{bucket}/objects/big", timeout=60) as answer:
        reading = answer.iter_raw()
        read = [next(reading)]
        # When it is replaced, what replaced it is deleted, and garbage is swept
        put_object(tenant.api, bucket, "big", b"another")
        tenant.api.ok("DELETE", f"{bucket}/objects/big")
        sweep(fleet, tenant, bucket)
        # Then the client gets all of what it began with
        read.extend(reading)
    assert b"".join(read) == b"".join(contents)
    # And when nobody can be reading it any more, it goes
    assert len(Blobs.of(fleet, tenant.id).names()) == 2
    fleet.step_clock(RESTED)
    eventually(lambda: Blobs.of(fleet, tenant.id).names() == [], 20.0)


def test_content_rests_no_longer_when_the_clock_is_set_back(fleet: FleetControl, tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a")
    fleet.step_clock(10 * RESTED)
    operator = login_operator(fleet.url).with_headers(X_Tenant_Id=tenant.id)
    operator.ok("DELETE", f"{bucket}/objects/a")
    fleet.step_clock(0)
    sweep(fleet, tenant, bucket)
    fleet.step_clock(RESTED)
    eventually(lambda: Blobs.of(fleet, tenant.id).names() == [], 20.0)


def sweep(fleet: FleetControl, tenant: Tenant, bucket: str) -> None:
    """Returns when all that was garbage before was looked at: an upload that is given up needn't rest."""
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "given up"})
    with closing(connect(fleet, "storage")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT blob FROM uploads WHERE id = %s", [upload["id"]])
        [blob] = cursor.fetchone()
        tenant.api.ok("DELETE", f"{bucket}/uploads/{upload['id']}", 204)

        def swept() -> bool:
            connection.rollback()
            cursor.execute("SELECT count(*) FROM garbage_blobs WHERE name = %s", [blob])
            return bool(cursor.fetchone() == (0,))

        eventually(swept, 30.0)
