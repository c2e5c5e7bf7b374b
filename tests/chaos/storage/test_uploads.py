"""Uploads whose requests cross each other, or break off between the object store and the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from minio import Minio
from minio.datatypes import Part
from minio.error import S3Error

from tests.support.blobs import BUCKET, Blobs
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import held_rows
from tests.support.storing import MIN_PART_BYTES, make_bucket

THE_UPLOAD = "SELECT blob, store_upload_id FROM storage.uploads WHERE id = %s FOR UPDATE"
WITHIN = 30.0


def behind(fleet: FleetControl, tenant: Tenant) -> Minio:
    """The object store, which has uploads of its own."""
    return Blobs.of(fleet, tenant.id).client


def sizes(store: Minio, name: str, store_id: str) -> list[int]:
    """Of the parts that the object store has."""
    return [int(part.size) for part in store._list_parts(BUCKET, name, store_id).parts]


def started(tenant: Tenant) -> tuple[str, str, str]:
    """The paths of a new bucket and of an upload in it, and the upload's id."""
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "a"})
    return bucket, f"{bucket}/uploads/{upload['id']}", str(upload["id"])


def listed(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"parts": [{"number": part["number"], "etag": part["etag"]} for part in parts]}


def stored_as(rows: Any, upload_id: str) -> tuple[str, str]:
    """Under which name and id the object store has an upload."""
    with rows.connection.cursor() as cursor:
        cursor.execute(THE_UPLOAD, (upload_id,))
        name, store_id = cursor.fetchone()
    return str(name), str(store_id)


def kept(store: Minio, name: str, store_id: str) -> list[int]:
    """The sizes of the parts that the object store has of an upload, which may be gone there."""
    try:
        return sizes(store, name, store_id)
    except S3Error as error:
        if error.code != "NoSuchUpload":
            raise
        return []


def test_of_parts_put_beside_each_other_one_is_listed_and_it_is_that_which_completes(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given two contents of one part that have both arrived before either is noted
    bucket, url, upload_id = started(tenant)
    with ThreadPoolExecutor(2) as clients, held_rows(fleet, "storage", THE_UPLOAD, upload_id) as rows:
        puts = [clients.submit(tenant.api.ok, "PUT", f"{url}/parts/1", content=each) for each in (b"one", b"two")]
        rows.wait_for(2)
        rows.connection.rollback()
        by_etag = {put.result()["etag"]: content for put, content in zip(puts, (b"one", b"two"), strict=True)}
    # Then one of them is the part; the other doesn't complete the upload (S3, InvalidPart), and nothing changes by that
    [part] = tenant.api.ok("GET", f"{url}/parts")["parts"]
    content = by_etag.pop(part["etag"])
    [replaced] = by_etag
    body = listed({"number": 1, "etag": replaced})
    tenant.api.refused("POST", f"{url}/complete", 400, "invalid_part", json=body)
    tenant.api.ok("POST", f"{url}/complete", json=listed(part))
    assert tenant.api.get(f"{bucket}/objects/a").content == content


def test_a_part_that_outlives_its_upload_in_the_object_store_is_freed(fleet: FleetControl, tenant: Tenant) -> None:
    """S3 may keep a part that is on its way while its upload is aborted; the upload is to be aborted once more then."""
    # Given a part that has arrived in the object store, when its upload is gone without it
    _, url, upload_id = started(tenant)
    with ThreadPoolExecutor(1) as client, held_rows(fleet, "storage", THE_UPLOAD, upload_id) as rows:
        name, store_id = stored_as(rows, upload_id)
        put = client.submit(tenant.api.refused, "PUT", f"{url}/parts/1", 404, "no_such_upload", content=b"late")
        rows.wait_for(1)
        store = behind(fleet, tenant)
        assert sizes(store, name, store_id) == [4]
        with rows.connection.cursor() as cursor:
            cursor.execute("DELETE FROM storage.uploads WHERE id = %s", (upload_id,))
        rows.connection.commit()
        put.result()

    # Then it is refused, and its bytes aren't kept    eventually(lambda: kept(store, name, store_id) == [])


def test_parts_of_an_upload_that_is_given_up_while_the_object_store_is_away_are_freed_later(
    fleet: FleetControl, tenant: Tenant
) -> None:
    # Given an upload with a part, when it is given up while the object store is away
    _, url, upload_id = started(tenant)
    tenant.api.ok("PUT", f"{url}/parts/1", content=b"part")
    with held_rows(fleet, "storage", THE_UPLOAD, upload_id) as rows:
        name, store_id = stored_as(rows, upload_id)
    assert kept(behind(fleet, tenant), name, store_id) == [4]
    fleet.kill("minio")
    tenant.api.ok("DELETE", url, 204)
    fleet.start("minio")
    fleet.wait_healthy("minio")
    # Then its part isn't kept for ever
    store = behind(fleet, tenant)
    eventually(lambda: kept(store, name, store_id) == [], WITHIN)


def test_parts_of_unfinished_uploads_go_with_their_tenant(fleet: FleetControl, tenant: Tenant) -> None:
    # Given an upload with a part
    _, url, upload_id = started(tenant)
    tenant.api.ok("PUT", f"{url}/parts/1", content=b"part")
    with held_rows(fleet, "storage", THE_UPLOAD, upload_id) as rows:
        name, store_id = stored_as(rows, upload_id)
    store = behind(fleet, tenant)
    assert kept(store, name, store_id) == [4]
    # When its tenant is closed, then nothing of it is left in the object store
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    eventually(lambda: kept(store, name, store_id) == [], WITHIN)


@pytest.mark.parametrize("same", [True, False])
def test_an_upload_that_was_put_together_and_not_noted_is_completed_with_those_parts_alone(
    fleet: FleetControl, tenant: Tenant, same: bool
) -> None:
    # Given two parts of one size, and an attempt to make the object of the first that broke off before it was noted
    bucket, url, upload_id = started(tenant)
    contents = [letter * MIN_PART_BYTES for letter in (b"a", b"b")]
    parts = [tenant.api.ok("PUT", f"{url}/parts/{number}", content=each) for number, each in enumerate(contents, 1)]
    with held_rows(fleet, "storage", THE_UPLOAD, upload_id) as rows:
        name, store_id = stored_as(rows, upload_id)
    behind(fleet, tenant)._complete_multipart_upload(BUCKET, name, store_id, [Part(1, parts[0]["etag"])])
    # Then it can be made of that part, and of no other, which would never be read again
    if not same:
        tenant.api.refused("POST", f"{url}/complete", 400, "invalid_part", json=listed(parts[1]))
        tenant.api.refused("GET", f"{bucket}/objects/a", 404, "no_such_key")
    tenant.api.ok("POST", f"{url}/complete", json=listed(parts[0]))
    assert tenant.api.get(f"{bucket}/objects/a").content == contents[0]
