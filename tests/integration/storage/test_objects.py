"""Objects in buckets: content, versions, conditions, listings, parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.support.identities import Tenant
from tests.support.storing import MIN_PART_BYTES, STORAGE, make_bucket, put_object

FIRST_PART_BYTES = 12 * 2**20


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


def test_a_range_is_answered_with_its_bytes_and_place(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    content = bytes(range(256))
    stored = put_object(tenant.api, bucket, "a", content, Content_Type="text/plain")
    url = f"{bucket}/objects/a"
    for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=100-", 100, 255), ("bytes=-6", 250, 255)):
        part = tenant.api.get(url, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, content[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/256"
    # A range of content that the client hasn't a part of, several ranges, or none that can be read: the whole
    for headers in ({"Range": "bytes=0-0", "If-Range": '"other"'}, {"Range": "bytes=0-1,5-6"}, {"Range": "lines=1-2"}):
        whole = tenant.api.get(url, headers=headers)
        assert (whole.status_code, whole.content) == (200, content)
    assert (whole.headers["accept-ranges"], whole.headers["content-type"]) == ("bytes", "text/plain")
    same = tenant.api.get(url, headers={"Range": "bytes=1-2", "If-Range": f'"{stored["etag"]}"'})
    assert (same.status_code, same.content) == (206, content[1:3])
    behind = tenant.api.request("GET", url, headers={"Range": "bytes=256-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, "bytes */256")
    assert behind.json()["code"] == "range_not_satisfiable"


def test_a_reader_who_has_the_content_is_told_so_and_sent_nothing(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    stored = put_object(tenant.api, bucket, "a", b"one")
    url, tag = f"{bucket}/objects/a", f'"{stored["etag"]}"'
    changed = tenant.api.get(url).headers["last-modified"]
    for method in ("GET", "HEAD"):
        for headers in (
            {"If-None-Match": f'"x", {tag}'},
            {"If-None-Match": f"W/{tag}"},
            {"If-Modified-Since": changed},
        ):
            answer = tenant.api.request(method, url, headers=headers)
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        for headers in ({"If-None-Match": '"x"', "If-Modified-Since": changed}, {"If-Match": tag}):
            assert tenant.api.request(method, url, headers=headers).status_code == 200
        for headers in ({"If-Match": '"x"'}, {"If-Unmodified-Since": "Sun, 01 Feb 2015 12:00:00 GMT"}):
            assert tenant.api.request(method, url, headers=headers).status_code == 412


def test_a_delete_under_a_condition_is_refused_when_somebody_was_faster(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    stale = put_object(tenant.api, bucket, "a", b"one")
    fresh = put_object(tenant.api, bucket, "a", b"two")
    url = f"{bucket}/objects/a"
    for tag in (f'"{stale["etag"]}"', f'W/"{fresh["etag"]}"'):
        tenant.api.refused("DELETE", url, 412, "precondition_failed", headers={"If-Match": tag})
    assert tenant.api.get(url).content == b"two"
    tenant.api.ok("DELETE", url, headers={"If-Match": f'"x", "{fresh["etag"]}"'})
    tenant.api.refused("DELETE", url, 412, "precondition_failed", headers={"If-Match": "*"})


def test_a_body_that_was_damaged_on_its_way_is_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    digest = base64.b64encode(hashlib.md5(b"sent", usedforsecurity=False).digest()).decode()
    put_object(tenant.api, bucket, "a", b"sent", Content_MD5=digest)
    for wrong in (digest, "nonsense"):
        url = f"{bucket}/objects/a"
        tenant.api.refused("PUT", url, 400, "bad_digest", content=b"other", headers={"Content-MD5": wrong})
    assert tenant.api.get(f"{bucket}/objects/a").content == b"sent"


def test_a_page_of_versions_holds_so_many_versions_and_the_next_one_the_rest(tenant: Tenant) -> None:
    # Given five versions of one key and one each of two others
    bucket = make_bucket(tenant.api, versioning="enabled")
    made = [("b", put_object(tenant.api, bucket, "b", bytes([number]))["version_id"]) for number in range(5)]
    expected = [
        ("a", put_object(tenant.api, bucket, "a")["version_id"]), *made[::-1],
        ("c", put_object(tenant.api, bucket, "c")["version_id"]),
    ]  # fmt: skip
    # When they are listed in pages of two, then no page holds more, and together they are all
    pages = list(version_pages(tenant, bucket, max_keys=2))
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    listed = [each for page in pages for each in page]
    assert [(each["key"], each["version_id"]) for each in listed] == expected
    latest = [(each["key"], each["version_id"]) for each in listed if each["is_latest"]]
    assert latest == [expected[0], expected[1], expected[6]]
    assert tenant.api.ok("GET", f"{bucket}/versions", params={"max_keys": 0})["versions"] == []


def test_a_bucket_is_emptied_page_by_page_while_what_the_pages_named_goes(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api, versioning="enabled")
    for number in range(7):
        put_object(tenant.api, bucket, "ab"[number % 2], bytes([number]))
    for page in version_pages(tenant, bucket, max_keys=3):
        for each in page:
            tenant.api.ok("DELETE", f"{bucket}/objects/{each['key']}", params={"version_id": each["version_id"]})
    tenant.api.ok("DELETE", bucket, 204)


def version_pages(tenant: Tenant, bucket: str, max_keys: int) -> Iterator[list[dict[str, Any]]]:
    after: dict[str, Any] = {}
    while True:
        page = tenant.api.ok("GET", f"{bucket}/versions", params={"max_keys": max_keys, **after})
        yield page["versions"]
        if page["next_after"] is None:
            return
        after = {"after": page["next_after"], "after_version_id": page["next_after_version_id"]}


def test_keys_with_any_character_are_listed_under_their_prefix_in_byte_order(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    last = "\U0010ffff"
    keys = ["a/1", "a/é", f"a/{last}", f"a/{last}{last}x", f"a{last}/1", f"a{last}/{last}", "b", last, f"{last}a"]
    for key in keys:
        put_object(tenant.api, bucket, quote(key))

    def listed(**params: Any) -> list[str]:
        """All keys and folded prefixes, in pages of two."""
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = tenant.api.ok("GET", f"{bucket}/objects", params={"max_keys": 2, "after": after, **params})
            found += sorted([*(each["key"] for each in page["objects"]), *page["common_prefixes"]], key=str.encode)
            after = page["next_after"]
        return found

    assert listed() == sorted(keys, key=str.encode)
    assert listed(prefix="a/") == [key for key in sorted(keys, key=str.encode) if key.startswith("a/")]
    assert listed(prefix=last) == [last, f"{last}a"]
    assert listed(delimiter="/") == ["a/", f"a{last}/", "b", last, f"{last}a"]
    assert listed(delimiter=last) == ["a/1", "a/é", f"a/{last}", f"a{last}", "b", last]
    assert [
        each["key"] for each in tenant.api.ok("GET", f"{bucket}/versions", params={"prefix": f"a{last}"})["versions"]
    ] == [f"a{last}/1", f"a{last}/{last}"]


def test_an_upload_is_completed_under_a_condition_and_goes_on_where_that_fails(tenant: Tenant) -> None:
    # Given an upload of an object that somebody else writes meanwhile
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "a"})
    url = f"{bucket}/uploads/{upload['id']}"
    part = tenant.api.ok("PUT", f"{url}/parts/1", content=b"in parts")
    body = {"parts": [{"number": 1, "etag": part["etag"]}]}
    other = put_object(tenant.api, bucket, "a", b"faster")
    # When it is completed as the first content, then it is refused and nothing has changed
    tenant.api.refused("POST", f"{url}/complete", 412, "precondition_failed", json=body, headers={"If-None-Match": "*"})
    assert tenant.api.get(f"{bucket}/objects/a").content == b"faster"
    # When it is completed on top of what is there, then it is the next content
    tenant.api.ok("POST", f"{url}/complete", json=body, headers={"If-Match": f'"{other["etag"]}"'})
    assert tenant.api.get(f"{bucket}/objects/a").content == b"in parts"


def test_a_range_may_lie_in_two_parts_of_an_object(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "big"})
    url = f"{bucket}/uploads/{upload['id']}"
    # One part is larger than what is sent to the object store in one piece, and the whole than what is held at once
    contents = [b"a" * FIRST_PART_BYTES, b"b" * MIN_PART_BYTES, b"end"]
    parts = [tenant.api.ok("PUT", f"{url}/parts/{n}", content=each) for n, each in enumerate(contents, 1)]
    listed = [{"number": part["number"], "etag": part["etag"]} for part in parts]
    assert [part["etag"] for part in parts] == [md5(each) for each in contents]
    tenant.api.ok("POST", f"{url}/complete", json={"parts": listed})
    border, size = FIRST_PART_BYTES, FIRST_PART_BYTES + MIN_PART_BYTES + 3
    part = tenant.api.get(f"{bucket}/objects/big", headers={"Range": f"bytes={border - 2}-{border + 1}"})
    assert (part.content, part.headers["content-range"]) == (b"aabb", f"bytes {border - 2}-{border + 1}/{size}")
    assert tenant.api.get(f"{bucket}/objects/big", headers={"Range": "bytes=-4"}).content == b"bend"
    assert tenant.api.get(f"{bucket}/objects/big").content == b"".join(contents)


def test_every_key_is_an_object_of_its_own_however_it_has_to_be_written_in_an_address(tenant: Tenant) -> None:
    # Given keys that are one another once decoded, and some that addresses are fond of shortening
    bucket = make_bucket(tenant.api)
    keys = [
        "a/b", "a%2Fb", "a%252Fb", "A", "%41", "100%", "a b", "a+b", "a%20b", "x?y#z", "x/../y", "./x", "x//y", "/x",
        "..", "ü", "%C3%BC",
    ]  # fmt: skip

    def path(key: str) -> str:
        return f"{bucket}/objects/{quote(key, safe='').replace('.', '%2E')}"

    for key in keys:
        tenant.api.ok("PUT", path(key), content=key.encode())
    # Then each is there with its own content
    assert [each["key"] for each in tenant.api.ok("GET", f"{bucket}/objects")["objects"]] == sorted(
        keys, key=str.encode
    )
    for key in keys:
        assert tenant.api.get(path(key)).content == key.encode()
    # And deleting one deletes no other
    for number, key in enumerate(keys, 1):
        tenant.api.ok("DELETE", path(key))
        assert len(tenant.api.ok("GET", f"{bucket}/objects")["objects"]) == len(keys) - number
    tenant.api.ok("DELETE", bucket, 204)
