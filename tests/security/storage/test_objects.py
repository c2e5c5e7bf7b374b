"""Hostile names, headers and bodies: each is a value or a refusal with a code, never an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_bucket, make_volume, put_object

NUL = "a\u0000b"
NUL_BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "buckets", {"name": NUL}),
    ("PATCH", "buckets/photos", {"lifecycle": [{"id": NUL, "expiration_days": 1}]}),
    ("PATCH", "buckets/photos", {"lifecycle": [{"id": "r", "prefix": NUL, "expiration_days": 1}]}),
    ("POST", "buckets/photos/uploads", {"key": NUL}),
    ("POST", "buckets/photos/uploads", {"key": "a", "content_type": NUL}),
    ("POST", "buckets/photos/presigned-urls", {"method": "GET", "key": NUL, "expires_in": 60}),
    ("POST", "buckets/photos/presigned-urls", {"method": "GET", "key": "a", "version_id": NUL, "expires_in": 60}),
    ("POST", "volumes", {"name": NUL, "size_gib": 1, "zone": "nimbus-eu-1a"}),
    ("POST", "volumes", {"name": "v", "size_gib": 1, "zone": NUL}),
    ("POST", "volumes", {"name": "v", "size_gib": 1, "zone": "nimbus-eu-1a", "snapshot_id": NUL}),
    ("POST", "volumes", {"name": "v", "size_gib": 1, "zone": "nimbus-eu-1a", "volume_class": NUL}),
]


@pytest.mark.parametrize(("method", "path", "body"), NUL_BODIES)
def test_text_with_nul_is_refused_wherever_it_stands(
    tenant: Tenant, method: str, path: str, body: dict[str, Any]
) -> None:
    make_bucket(tenant.api)
    before = list(tenant.api.items(f"{STORAGE}/buckets"))
    tenant.api.refused(method, f"{STORAGE}/{path}", 400, "invalid_text", json=body)
    assert list(tenant.api.items(f"{STORAGE}/buckets")) == before


def test_half_of_a_surrogate_pair_is_no_text(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for path, body in ((f"{bucket}/uploads", {"key": "a\ud800"}), (f"{STORAGE}/buckets", {"name": "abc\udfff"})):
        content = json.dumps(body).encode()
        tenant.api.refused(
            "POST", path, 400, "invalid_text", content=content, headers={"Content-Type": "application/json"}
        )


def test_addresses_that_are_no_text_are_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    volume = make_volume(tenant.api)
    for path in (
        f"{bucket}/objects?prefix=%00",
        f"{bucket}/objects?after=a%00",
        f"{bucket}/objects?delimiter=%00",
        f"{bucket}/versions?after_version_id=%00",
        f"{bucket}/objects/a?version_id=%00",
        f"{STORAGE}/volumes/{volume['id']}%00",
        f"{bucket}/objects/a%FFb",
    ):
        tenant.api.refused("GET", path, 400, "invalid_target")


def test_numbers_beyond_every_column_are_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    upload = tenant.api.ok("POST", f"{bucket}/uploads", 201, json={"key": "a"})["id"]
    part = f"{bucket}/uploads/{upload}/parts/{'9' * 30}"
    tenant.api.refused("PUT", part, 422, "invalid_part_number", content=b"x")
    for size, status, code in ((10**30, 400, "invalid_number"), (2**53 - 1, 422, "invalid_volume_size")):
        volume = {"name": "v", "size_gib": size, "zone": "nimbus-eu-1a"}
        tenant.api.refused("POST", f"{STORAGE}/volumes", status, code, json=volume)
    rule = {"lifecycle": [{"id": "r", "expiration_days": 10**9}]}
    tenant.api.refused("PATCH", bucket, 422, "invalid_lifecycle", json=rule)
    assert tenant.api.ok("GET", f"{bucket}/objects", params={"max_keys": "9" * 30})["objects"] == []
    tenant.api.refused("GET", f"{bucket}/objects", 422, "invalid_max_keys", params={"max_keys": "-" + "9" * 30})


def test_cursors_that_were_made_by_hand_are_refused(tenant: Tenant) -> None:
    make_volume(tenant.api)
    for cursor in ("WyJhIiwgImIiXQ", "WyJhXHUwMDAwIl0", "WyJhXHVkODAwIl0", "W10", "MQ"):
        for kind in ("volumes", "snapshots", "buckets"):
            tenant.api.refused("GET", f"{STORAGE}/{kind}", 400, "invalid_cursor", params={"cursor": cursor})


def test_a_content_type_cannot_bring_headers_of_its_own(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for content_type in ("text/html\r\nSet-Cookie: evil=1", "text/html\nX-Injected: yes", "text/→", "a" * 20_000, ""):
        body = {"key": "a", "content_type": content_type}
        tenant.api.refused("POST", f"{bucket}/uploads", 422, "invalid_content_type", json=body)
    header = {"Content-Type": "text/plain; x=é".encode()}
    tenant.api.refused("PUT", f"{bucket}/objects/a", 422, "invalid_content_type", content=b"x", headers=header)
    assert tenant.api.ok("GET", f"{bucket}/objects")["objects"] == []


def test_what_headers_of_a_read_say_is_understood_or_ignored(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"content")
    for headers in (
        {"Range": "bytes=" + "9" * 5000 + "-" + "9" * 5000, "If-Range": '"x"'},
        {"Range": "bytes=-"},
        {"If-Modified-Since": "Thu, 32 Foo 99999999999999 99:99:99 GMT"},
        {"If-Unmodified-Since": "0"},
    ):
        answer = tenant.api.get(f"{bucket}/objects/a", headers=headers)
        assert (answer.status_code, answer.content) == (200, b"content"), headers
    tenant.api.refused("GET", f"{bucket}/objects/a", 400, "bad_request", headers={"If-None-Match": '"' * 1000})


def test_rules_of_one_name_and_too_many_rules_are_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    twice = [{"id": "r", "expiration_days": 1}, {"id": "r", "expiration_days": 9}]
    many = [{"id": str(number), "expiration_days": 1} for number in range(1001)]
    for rules in (twice, many):
        tenant.api.refused("PATCH", bucket, 422, "invalid_lifecycle", json={"lifecycle": rules})
    assert tenant.api.ok("GET", bucket)["lifecycle"] == []
