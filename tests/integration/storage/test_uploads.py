"""Multi-part uploads: found, conditioned, given up; and the digests of what they make."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.storing import MIN_PART_BYTES, make_bucket, put_object


def start(api: Api, bucket: str, key: str) -> dict[str, Any]:
    upload: dict[str, Any] = api.ok("POST", f"{bucket}/uploads", 201, json={"key": key})
    return upload


def test_unfinished_uploads_are_found_by_whoever_wants_to_empty_the_bucket(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    # Given unfinished uploads in two buckets of one name
    bucket, theirs = make_bucket(tenant.api), make_bucket(other_tenant.api)
    mine = [start(tenant.api, bucket, f"k{number}") for number in range(3)]
    start(other_tenant.api, theirs, "theirs")
    # Then each is listed in its own bucket, as it was begun
    assert list(tenant.api.items(f"{bucket}/uploads", limit=2)) == mine
    assert tenant.api.ok("GET", f"{bucket}/uploads/{mine[0]['id']}") == mine[0]
    other_tenant.api.refused("GET", f"{theirs}/uploads/{mine[0]['id']}", 404, "no_such_upload")
    # And when they are given up, the bucket can go
    for upload in tenant.api.items(f"{bucket}/uploads"):
        url = f"{bucket}/uploads/{upload['id']}"
        tenant.api.refused("DELETE", url, 412, "version_conflict", headers={"If-Match": '"99"'})
        tenant.api.ok("DELETE", url, 204, headers={"If-Match": f'"{upload["version"]}"'})
    tenant.api.ok("DELETE", bucket, 204)


def test_a_part_that_arrives_after_the_end_is_told_that_the_upload_is_gone(tenant: Tenant) -> None:
    """S3 answers NoSuchUpload, whether the part was sent before or after the upload was given up."""
    bucket = make_bucket(tenant.api)
    for key in ("a", "b", "c"):
        url = f"{bucket}/uploads/{start(tenant.api, bucket, key)['id']}"

        def send(number: int, url: str = url) -> tuple[int, str | None]:
            if number == 4:
                return tenant.api.delete(url).status_code, None
            answer = tenant.api.put(f"{url}/parts/{number}", content=b"x" * 100_000)
            return answer.status_code, answer.json().get("code")

        with ThreadPoolExecutor(9) as senders:
            answers = set(senders.map(send, range(1, 19)))
        assert (204, None) in answers
        assert answers <= {(200, None), (204, None), (404, "no_such_upload")}


def test_a_part_is_replaced_under_a_condition_on_what_is_there(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    url = f"{bucket}/uploads/{start(tenant.api, bucket, 'a')['id']}"
    first = tenant.api.ok("PUT", f"{url}/parts/1", content=b"one", headers={"If-None-Match": "*"})
    for headers in ({"If-None-Match": "*"}, {"If-Match": '"other"'}):
        tenant.api.refused("PUT", f"{url}/parts/1", 412, "precondition_failed", content=b"two", headers=headers)
    assert tenant.api.ok("GET", f"{url}/parts")["parts"] == [first]
    tenant.api.ok("PUT", f"{url}/parts/1", content=b"two", headers={"If-Match": f'"{first["etag"]}"'})
    tenant.api.refused("PUT", f"{url}/parts/1", 400, "bad_digest", content=b"x", headers={"Content-MD5": "AAAA"})


def test_an_object_tells_the_digest_of_its_content_or_of_its_parts(tenant: Tenant) -> None:
    # Given an object that came whole and one that came in two parts
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "whole", b"content")
    url = f"{bucket}/uploads/{start(tenant.api, bucket, 'parts')['id']}"
    contents = [b"a" * MIN_PART_BYTES, b"end"]
    parts = [tenant.api.ok("PUT", f"{url}/parts/{number}", content=each) for number, each in enumerate(contents, 1)]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    tenant.api.ok("POST", f"{url}/complete", json={"parts": listed})
    # Then the first has the digest of its bytes (RFC 9530), the other that of its parts' digests (S3's composite)
    whole = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    of_parts = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in contents)).digest()
    for method in ("GET", "HEAD"):
        answers = [tenant.api.request(method, f"{bucket}/objects/{key}").headers for key in ("whole", "parts")]
        assert answers[0]["repr-digest"] == f"sha-256=:{whole}:"
        assert answers[1]["x-checksum-sha256"] == f"{base64.b64encode(of_parts).decode()}-2"
        assert ("repr-digest" in answers[1], "x-checksum-sha256" in answers[0]) == (False, False)


def test_a_part_number_has_one_spelling(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    path = f"{bucket}/uploads/{tenant.api.ok('POST', f'{bucket}/uploads', 201, json={'key': 'large'})['id']}/parts"
    for number in ("1.0", "01", "+1", "1e0", "x", "\u0661"):
        tenant.api.refused("PUT", f"{path}/{number}", 422, "validation_failed", content=b"part")
    for number in ("0", "-1", "10001", "9" * 30):
        tenant.api.refused("PUT", f"{path}/{number}", 422, "invalid_part_number", content=b"part")
    assert tenant.api.ok("GET", path)["parts"] == []
