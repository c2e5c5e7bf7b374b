"""Presigned URLs: whose standing they hang on, and what can be done to their text."""

from __future__ import annotations

import http.client
import re
from contextlib import closing

import httpx
import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import new_person
from tests.support.storing import make_bucket, put_object

AUTH, TENANTS = "/api/auth/v1", "/api/tenants/v1/tenants"


def presigned(tenant: Tenant, bucket: str, method: str, key: str, **fields: object) -> str:
    body = {"method": method, "key": key, "expires_in": 600, **fields}
    url: str = tenant.api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]
    return url


def test_a_suspended_tenants_urls_do_nothing_until_it_is_resumed(tenant: Tenant, anonymous: Api) -> None:
    # Given URLs of a tenant
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    read, write = presigned(tenant, bucket, "GET", "a"), presigned(tenant, bucket, "PUT", "a")
    assert anonymous.get(read).content == b"one"
    # When it is suspended, then they do nothing any more
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(lambda: anonymous.refused("GET", read, 403, "tenant_suspended"))
    anonymous.refused("PUT", write, 403, "tenant_suspended", content=b"two")
    # When it is resumed, then they do what they did, and nothing was changed meanwhile
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    assert eventually(lambda: anonymous.get(read).content == b"one")
    # When it is closed, then they are over for good
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/close")
    eventually(lambda: anonymous.refused("GET", read, 403, "tenant_closed"))


def test_a_url_whose_text_was_tampered_with_is_refused_and_is_no_error(tenant: Tenant, anonymous: Api) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    url = presigned(tenant, bucket, "GET", "a")
    for changed in (
        re.sub("signature=.*", "signature=%C3%A9", url),
        re.sub("signature=.*", "signature=", url),
        re.sub(r"expires=\d+", "expires=" + "9" * 30, url),
        re.sub(r"expires=\d+", "expires=-1", url),
    ):
        anonymous.refused("GET", changed, 403, "signature_mismatch")
    anonymous.refused("GET", re.sub("signature=.*", "signature=%00", url), 400, "invalid_target")
    anonymous.refused("GET", re.sub(r"expires=\d+", "expires=soon", url), 422, "validation_failed")


def test_an_expiry_beyond_all_time_is_refused(tenant: Tenant) -> None:
    bucket = make_bucket(tenant.api)
    for expires_in in (2**53 - 1, -(2**53) + 1, 604_801, 0):
        body = {"method": "GET", "key": "a", "expires_in": expires_in}
        tenant.api.refused("POST", f"{bucket}/presigned-urls", 422, "invalid_presign", json=body)


def test_ranges_and_conditions_hold_for_bearers_too(tenant: Tenant, anonymous: Api) -> None:
    bucket = make_bucket(tenant.api)
    stored = put_object(tenant.api, bucket, "a", b"content")
    read, write, remove = (presigned(tenant, bucket, method, "a") for method in ("GET", "PUT", "DELETE"))
    tag = f'"{stored["etag"]}"'
    assert anonymous.get(read, headers={"If-None-Match": tag}).status_code == 304
    part = anonymous.get(read, headers={"Range": "bytes=3-"})
    assert (part.status_code, part.content) == (206, b"tent")
    anonymous.refused("PUT", write, 412, "precondition_failed", content=b"x", headers={"If-None-Match": "*"})
    anonymous.refused("DELETE", remove, 412, "precondition_failed", headers={"If-Match": '"other"'})
    head = anonymous.request("HEAD", presigned(tenant, bucket, "HEAD", "a"))
    assert (head.status_code, head.headers["etag"], head.content) == (200, tag, b"")
    assert tenant.api.get(f"{bucket}/objects/a").content == b"content"


def test_a_url_ends_with_the_right_of_whoever_made_it(tenant: Tenant, anonymous: Api) -> None:
    # Given URLs of an administrator and of two users who may use resources
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    urls, ids = [], []
    for api in (tenant.api, tenant.user("member"), tenant.user("member")):
        body = {"method": "GET", "key": "a", "expires_in": 600}
        urls.append(api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"])
        ids.append(api.ok("GET", "/api/auth/v1/me")["subject"])
    assert [anonymous.get(url).content for url in urls] == [b"one"] * 3
    # When one of them is disabled and the other one loses the role
    tenant.operator.ok("DELETE", f"/api/auth/v1/users/{ids[1]}", 204)
    grants = tenant.operator.ok("GET", "/api/auth/v1/grants", params={"subject": ids[2]})["items"]
    [grant] = [each for each in grants if each["subject"] == ids[2]]
    tenant.operator.ok("DELETE", f"/api/auth/v1/grants/{grant['id']}", 204)
    # Then their URLs are worth nothing any more, and the other one is what it was
    for url in urls[1:]:
        eventually(lambda gone=url: anonymous.refused("GET", gone, 403, "url_revoked"))  # type: ignore[misc]
    assert anonymous.get(urls[0]).content == b"one"


def url_by(api: Api, bucket: str) -> str:
    body = {"method": "GET", "key": "a", "expires_in": 600}
    url: str = api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]
    return url


@pytest.mark.services("auth")
def test_a_url_ends_with_the_key_or_the_log_in_of_whoever_made_it(tenant: Tenant, anonymous: Api) -> None:
    # Given URLs of a service account, of somebody who logs out, and of an administrator
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a", b"one")
    grants = [{"role": "member", "scope": "tenant"}]
    account = tenant.operator.ok("POST", f"{AUTH}/service-accounts", 201, json={"name": "ci", "grants": grants})
    keys = [
        tenant.operator.ok("POST", f"{AUTH}/service-accounts/{account['id']}/api-keys", 201, json={"name": name})
        for name in ("old", "new")
    ]
    robots = [Api(anonymous.url, key["key"]) for key in keys]
    person = new_person(tenant, "member")
    tokens = person.log_in()
    by_key = url_by(robots[0], bucket)
    by_person, kept = url_by(Api(anonymous.url, tokens["access_token"]), bucket), url_by(tenant.api, bucket)
    assert [anonymous.get(url).content for url in (by_key, by_person, kept)] == [b"one"] * 3
    # When the key is revoked and the log-in ends
    tenant.operator.ok("DELETE", f"{AUTH}/api-keys/{keys[0]['id']}", 204)
    anonymous.ok("POST", f"{AUTH}/tokens/revoke", 204, json={"refresh_token": tokens["refresh_token"]})
    # Then their URLs are worth nothing any more, and whoever may makes new ones
    for url in (by_key, by_person):
        eventually(lambda gone=url: anonymous.refused("GET", gone, 403, "url_revoked"))  # type: ignore[misc]
    assert [anonymous.get(url).content for url in (kept, url_by(robots[1], bucket))] == [b"one"] * 2


def test_nothing_is_taken_in_that_nobody_signed_for(tenant: Tenant, fleet: FleetControl) -> None:
    bucket = make_bucket(tenant.api)
    signed = httpx.URL(presigned(tenant, bucket, "PUT", "a"))
    path = "/v1/signed/" + signed.raw_path.decode().partition("/v1/signed/")[2]
    for changed in (re.sub("signature=.*", "signature=0", path), re.sub(r"expires=\d+", "expires=soon", path)):
        with closing(http.client.HTTPConnection(*fleet.address("storage:8005"), timeout=20)) as connection:
            connection.putrequest("PUT", changed)
            connection.putheader("Content-Length", str(2**28))
            connection.endheaders()
            assert connection.getresponse().status in (403, 422), "the answer comes before any of the body"
