"""Who may not do what with buckets, objects and volumes, and that nothing changed when they tried."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.storing import STORAGE, make_bucket, make_volume, put_object


def presigned(api: Api, bucket: str, method: str, key: str, expires_in: int = 60) -> str:
    body = {"method": method, "key": key, "expires_in": expires_in}
    url: str = api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]
    return url


def test_a_presigned_url_does_its_one_thing_for_whoever_has_it(tenant: Tenant, anonymous: Api) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "in/a b.txt", b"secret")
    assert anonymous.get(presigned(tenant.api, bucket, "GET", "in/a b.txt")).content == b"secret"
    stored = anonymous.put(presigned(tenant.api, bucket, "PUT", "out"), content=b"sent")
    assert (stored.status_code, stored.json()["size"]) == (200, 4)
    assert tenant.api.get(f"{bucket}/objects/out").content == b"sent"


def test_a_presigned_url_does_nothing_else(tenant: Tenant, anonymous: Api) -> None:
    # Given a URL to read one object
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    put_object(tenant.api, bucket, "b", b"two")
    url = presigned(tenant.api, bucket, "GET", "a")
    # When it is used for another method, another object or a later time, then it is refused
    expires = int(parse_qs(urlsplit(url).query)["expires"][0])
    for method, changed in (
        ("PUT", url),
        ("DELETE", url),
        ("GET", url.replace("/photos/a?", "/photos/b?")),
        ("GET", url.replace(f"expires={expires}", f"expires={expires + 3600}")),
        ("GET", url[:-1] + ("0" if url[-1] != "0" else "1")),
        ("GET", url + "&version_id=null"),
    ):
        anonymous.refused(method, changed, 403, "signature_mismatch")
    assert tenant.api.get(f"{bucket}/objects/a").content == b"one"


def test_a_url_that_would_allow_too_much_is_not_signed(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for method, expires_in in (("POST", 60), ("GET", 0), ("GET", 604_801)):
        body = {"method": method, "key": "a", "expires_in": expires_in}
        tenant.api.refused("POST", f"{bucket}/presigned-urls", 422, "invalid_presign", json=body)


def test_buckets_of_one_name_are_two_in_two_tenants(tenant: Tenant, other_tenant: Tenant) -> None:
    mine, theirs = make_bucket(tenant.api), make_bucket(other_tenant.api)
    put_object(tenant.api, mine, "a", b"mine")
    other_tenant.api.refused("GET", f"{theirs}/objects/a", 404, "no_such_key")
    assert other_tenant.api.ok("GET", f"{theirs}/objects")["objects"] == []
    other_tenant.api.ok("DELETE", f"{theirs}/objects/a")
    assert tenant.api.get(f"{mine}/objects/a").content == b"mine"


def test_another_tenants_volume_does_not_exist_whatever_the_header_says(tenant: Tenant, other_tenant: Tenant) -> None:
    volume = make_volume(tenant.api)
    path = f"{STORAGE}/volumes/{volume['id']}"
    for method, url in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/detach")):
        body = {"name": "stolen"} if method == "PATCH" else None
        other_tenant.api.refused(method, url, 404, "not_found", json=body)
        spoofed = other_tenant.api.with_headers(X_Tenant_Id=tenant.id)
        spoofed.refused(method, url, 403, "forbidden", json=body)
    assert tenant.api.ok("GET", path) == volume


def test_a_viewer_reads_and_neither_writes_nor_signs(tenant: Tenant, viewer: Api) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    assert viewer.get(f"{bucket}/objects/a").content == b"one"
    viewer.refused("PUT", f"{bucket}/objects/a", 403, "forbidden", content=b"two")
    viewer.refused("DELETE", f"{bucket}/objects/a", 403, "forbidden")
    sign = {"method": "PUT", "key": "a", "expires_in": 60}
    viewer.refused("POST", f"{bucket}/presigned-urls", 403, "forbidden", json=sign)
    viewer.refused("POST", f"{STORAGE}/usage/flush", 403, "forbidden")
    assert tenant.api.get(f"{bucket}/objects/a").content == b"one"


def test_without_a_token_nothing_is_served(tenant: Tenant, anonymous: Api) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    anonymous.refused("GET", f"{bucket}/objects/a", 401, "unauthenticated")
    anonymous.refused("GET", f"{STORAGE}/volumes", 401, "unauthenticated")


def test_content_is_never_shown_as_a_page_of_the_platform(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a.html", b"<script>alert(1)</script>", Content_Type="text/html")
    headers = tenant.api.get(f"{bucket}/objects/a.html").headers
    assert (headers["content-disposition"], headers["x-content-type-options"]) == ("attachment", "nosniff")
