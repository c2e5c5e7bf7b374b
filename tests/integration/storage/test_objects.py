"""Objects in buckets: content, versions, conditions, listings, parts."""

from __future__ import annotations

import hashlib

from tests.support.identities import Tenant
from tests.support.storing import MIN_PART_BYTES, STORAGE, make_bucket, put_object


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_an_object_is_read_back_byte_for_byte_with_its_type_and_tag(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    content = bytes(range(256)) * 40
    stored = put_object(tenant.api, bucket, "2026/fe b/é.bin", content, Content_Type="image/png")
    assert stored == {"version_id": "null", "size": 10_240, "etag": md5(content), "content_type": "image/png"}
    answer = tenant.api.get(f"{bucket}/objects/2026/fe b/é.bin")
    assert answer.content == content
    assert (answer.headers["content-type"], answer.headers["etag"]) == ("image/png", f'"{md5(content)}"')
    head = tenant.api.request("HEAD", f"{bucket}/objects/2026/fe b/é.bin")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", f'"{md5(content)}"')


def test_a_versioned_bucket_keeps_what_is_overwritten_and_deleted(tenant: Tenant) -> None:
    # Given two versions of an object
    bucket = make_bucket(tenant.api, versioning="enabled")
    first = put_object(tenant.api, bucket, "a", b"one")
    second = put_object(tenant.api, bucket, "a", b"two")
    assert first["version_id"] != second["version_id"]
    # When it is deleted, then a marker hides it and both versions are still there
    deletion = tenant.api.ok("DELETE", f"{bucket}/objects/a")
    assert (deletion["removed"], bool(deletion["marker"])) == ([], True)
    tenant.api.refused("GET", f"{bucket}/objects/a", 404, "no_such_key")
    old = tenant.api.get(f"{bucket}/objects/a", params={"version_id": first["version_id"]})
    assert old.content == b"one"
    listed = tenant.api.ok("GET", f"{bucket}/versions")["versions"]
    assert [(each["version_id"], each["delete_marker"], each["is_latest"]) for each in listed] == [
        (deletion["marker"], True, True),
        (second["version_id"], False, False),
        (first["version_id"], False, False),
    ]
    # When the marker is deleted by its version, then the object is back
    marker = {"version_id": deletion["marker"]}
    tenant.api.refused("GET", f"{bucket}/objects/a", 405, "is_delete_marker", params=marker)
    tenant.api.ok("DELETE", f"{bucket}/objects/a", params=marker)
    assert tenant.api.get(f"{bucket}/objects/a").content == b"two"


def test_an_unversioned_bucket_keeps_the_last_content_only(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    put_object(tenant.api, bucket, "a", b"two")
    assert len(tenant.api.ok("GET", f"{bucket}/versions")["versions"]) == 1
    assert tenant.api.ok("DELETE", f"{bucket}/objects/a") == {"removed": ["null"], "marker": None}
    assert tenant.api.ok("DELETE", f"{bucket}/objects/a") == {"removed": [], "marker": None}
    assert tenant.api.ok("GET", f"{bucket}/versions")["versions"] == []


def test_a_conditional_write_is_refused_when_somebody_was_faster(tenant: Tenant) -> None:
    # Given an object that was written under "only if there is none"
    bucket = make_bucket(tenant.api)
    first = put_object(tenant.api, bucket, "a", b"one", If_None_Match="*")
    # When another writer says the same, or names an older tag, then it is refused and nothing has changed
    url = f"{bucket}/objects/a"
    for condition in ({"If-None-Match": "*"}, {"If-Match": f'"{md5(b"zero")}"'}):
        tenant.api.refused("PUT", url, 412, "precondition_failed", content=b"two", headers=condition)
    assert tenant.api.get(url).content == b"one"
    # When it names the present tag, then it is the next content
    put_object(tenant.api, bucket, "a", b"two", If_Match=f'"{first["etag"]}"')
    assert tenant.api.get(url).content == b"two"


def test_a_listing_is_in_byte_order_folded_and_continued_where_it_ended(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for key in ("logs/b/1", "a", "logs/a/2", "logs/a/1", "B", "z"):
        put_object(tenant.api, bucket, key)
    page = tenant.api.ok("GET", f"{bucket}/objects", params={"delimiter": "/", "max_keys": 3})
    assert [each["key"] for each in page["objects"]] == ["B", "a"]
    assert (page["common_prefixes"], page["next_after"]) == (["logs/"], "logs/")
    rest = tenant.api.ok("GET", f"{bucket}/objects", params={"delimiter": "/", "after": "logs/"})
    assert ([each["key"] for each in rest["objects"]], rest["common_prefixes"]) == (["z"], [])
    inside = tenant.api.ok("GET", f"{bucket}/objects", params={"prefix": "logs/", "delimiter": "/"})
    assert inside["common_prefixes"] == ["logs/a/", "logs/b/"]


def test_an_object_is_made_of_parts_in_order(tenant: Tenant) -> None:
    # Given an upload whose parts arrive out of order, one of them twice
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "big"})
    url = f"{bucket}/uploads/{upload['id']}"
    first, last = b"a" * MIN_PART_BYTES, b"end"
    tenant.api.ok("PUT", f"{url}/parts/7", content=b"replaced")
    parts = [
        tenant.api.ok("PUT", f"{url}/parts/7", content=last),
        tenant.api.ok("PUT", f"{url}/parts/2", content=first),
    ]
    assert [each["number"] for each in tenant.api.ok("GET", f"{url}/parts")["parts"]] == [2, 7]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    # When the parts are listed in the wrong order, then it is refused and goes on
    tenant.api.refused("POST", f"{url}/complete", 400, "invalid_part_order", json={"parts": listed})
    done = tenant.api.ok("POST", f"{url}/complete", json={"parts": listed[::-1]})
    # Then the object is their bytes, under the tag of tags
    tags = bytes.fromhex(md5(first)) + bytes.fromhex(md5(last))
    assert (done["size"], done["etag"]) == (MIN_PART_BYTES + 3, f"{md5(tags)}-2")
    assert tenant.api.get(f"{bucket}/objects/big").content == first + last
    tenant.api.refused("GET", f"{url}/parts", 404, "no_such_upload")


def test_a_small_part_that_is_not_the_last_is_refused_and_an_abort_leaves_nothing(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "big"})
    url = f"{bucket}/uploads/{upload['id']}"
    parts = [tenant.api.ok("PUT", f"{url}/parts/{number}", content=b"small") for number in (1, 2)]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    tenant.api.refused("POST", f"{url}/complete", 400, "entity_too_small", json={"parts": listed})
    tenant.api.refused("PUT", f"{url}/parts/10001", 422, "invalid_part_number", content=b"x")
    tenant.api.refused("DELETE", bucket, 409, "bucket_not_empty")
    tenant.api.ok("DELETE", url, 204)
    tenant.api.ok("DELETE", bucket, 204)
    assert list(tenant.api.items(f"{STORAGE}/buckets")) == []
