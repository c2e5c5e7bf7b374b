"""Access tokens after what they were issued for is over: refused everywhere, long before they expire (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import jwt
import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.identities import Tenant
from tests.support.people import Person, new_person
from tests.support.storing import make_bucket, put_object

pytestmark = pytest.mark.services("tenants", "storage", "compute", "dns", "secrets", "audit", "deploy", "monitor")

ME = "/api/auth/v1/me"
USERS = "/api/auth/v1/users"
GRANTS = "/api/auth/v1/grants"
TENANTS = "/api/tenants/v1/tenants"
EVERYWHERE = (
    ME, USERS, "/api/tenants/v1/projects", "/api/compute/v1/instances", "/api/storage/v1/buckets",
    "/api/dns/v1/zones", "/api/deploy/v1/environments", "/api/monitor/v1/alert-rules",
)  # fmt: skip
CLOCK_SKEW_SECONDS = 5.0
"""So long after its end the gateway takes a token, whose giver's clock may be ahead of its own."""
SOON = 5.0
"""It takes a second at most; more is the machine's, which is loaded when many tests run."""


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return new_person(tenant, "tenant-admin")


def refuses(api: Api, status: int, code: str) -> Callable[[], bool]:
    """Whether the caller is refused."""

    def probe() -> bool:
        answer = api.get(ME)
        return (answer.status_code, answer.json().get("code")) == (status, code)

    return probe


def assert_refused_everywhere(api: Api, status: int, code: str) -> None:
    eventually(refuses(api, status, code), SOON)
    for path in EVERYWHERE:
        api.refused("GET", path, status, code)
    api.refused("POST", USERS, status, code, json={"email": "late@example.test"})


@pytest.mark.parametrize(
    ("action", "code"), [("suspend", "tenant_suspended"), ("close", "tenant_closed")], ids=["suspended", "closed"]
)
def test_nobody_acts_in_a_tenant_that_stands_still_by_an_earlier_token(
    tenant: Tenant, person: Person, action: str, code: str
) -> None:
    api, before = person.api(), len(list(tenant.operator.items(USERS)))
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/{action}")
    assert_refused_everywhere(api, 403, code)
    assert len(list(tenant.operator.items(USERS))) == before


def test_nobody_acts_in_a_suspended_tenant_by_a_header_from_elsewhere_nor_from_it_by_one_that_leads_out(
    tenant: Tenant, other_tenant: Tenant, person: Person
) -> None:
    api = person.api()
    api.ok("GET", ME)
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(refuses(api, 403, "tenant_suspended"), SOON)
    for path in EVERYWHERE[1:]:
        other_tenant.api.with_headers(X_Tenant_Id=tenant.id).refused("GET", path, 403, "forbidden")
        api.with_headers(X_Tenant_Id=other_tenant.id).refused("GET", path, 403, "tenant_suspended")


def test_a_resumed_tenant_goes_on(tenant: Tenant, person: Person) -> None:
    # Given a person's log-in, and a machine
    tokens = person.log_in()
    api, (_, _, robot) = Api(person.anonymous.url, tokens["access_token"]), machine(tenant, person)
    # When the tenant is suspended, then nobody acts
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    for each in (api, robot):
        eventually(refuses(each, 403, "tenant_suspended"), SOON)
    # When it is resumed, then log-ins from before are over, whole, and keys are what they were
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/resume")
    assert_refused_everywhere(api, 401, "access_revoked")
    assert person.refresh(tokens["refresh_token"]).json().get("code") == "invalid_refresh_token"
    assert robot.get(ME).status_code == 200
    # And whoever logs in again gets in
    assert person.api().get(ME).status_code == 200


def test_what_is_over_is_no_active_token_for_those_who_ask_auth(tenant: Tenant, person: Person) -> None:
    def introspected(token: str | None) -> bool:
        answer = tenant.operator.ok("POST", "/api/auth/v1/tokens/introspect", json={"token": token})
        return bool(answer["active"])

    tokens, other, (_, key, robot) = person.log_in(), person.api(), machine(tenant, person)
    assert [introspected(each) for each in (tokens["access_token"], other.token, robot.token)] == [True] * 3
    person.anonymous.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": tokens["refresh_token"]})
    tenant.api.ok("DELETE", f"/api/auth/v1/api-keys/{key}", 204)
    assert [introspected(each) for each in (tokens["access_token"], other.token, robot.token)] == [False, True, False]


def test_one_tenants_suspension_is_nobody_elses(tenant: Tenant, other_tenant: Tenant, person: Person) -> None:
    api = person.api()
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/suspend")
    eventually(refuses(api, 403, "tenant_suspended"), SOON)
    assert other_tenant.api.get(ME).status_code == 200
    assert tenant.operator.get(USERS).status_code == 200


def test_a_disabled_administrator_does_nothing_any_more(tenant: Tenant, person: Person) -> None:
    api = person.api()
    tenant.api.ok("DELETE", f"{USERS}/{person.id}", 204)
    assert_refused_everywhere(api, 401, "access_revoked")
    assert tenant.api.get(ME).status_code == 200


def test_a_log_out_ends_the_access_token_and_no_other_log_in(person: Person) -> None:
    ended, going_on = person.log_in(), person.log_in()
    person.anonymous.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": ended["refresh_token"]})
    url = person.anonymous.url
    assert_refused_everywhere(Api(url, ended["access_token"]), 401, "access_revoked")
    assert Api(url, going_on["access_token"]).get(ME).status_code == 200


def test_a_log_out_ends_what_was_refreshed_too(person: Person) -> None:
    first = person.log_in()
    second = person.refresh(first["refresh_token"]).json()
    person.anonymous.ok("POST", "/api/auth/v1/tokens/revoke", 204, json={"refresh_token": second["refresh_token"]})
    for tokens in (first, second):
        eventually(refuses(Api(person.anonymous.url, tokens["access_token"]), 401, "access_revoked"), SOON)


def test_a_reused_refresh_token_ends_the_thiefs_access_and_the_owners(person: Person) -> None:
    first = person.log_in()
    second = person.refresh(first["refresh_token"]).json()
    assert person.refresh(first["refresh_token"]).status_code == 401
    for tokens in (first, second):
        eventually(refuses(Api(person.anonymous.url, tokens["access_token"]), 401, "access_revoked"), SOON)


def test_a_new_password_ends_all_earlier_tokens_and_not_the_next(person: Person) -> None:
    api, other = person.api(), person.api()
    changed = {"current_password": person.password, "new_password": "a different sentence"}
    api.ok("POST", "/api/auth/v1/me/password", 204, json=changed)
    fresh = Api(api.url, person.log_in(password="a different sentence")["access_token"])
    for each in (api, other):
        eventually(refuses(each, 401, "access_revoked"), SOON)
    assert fresh.get(ME).status_code == 200


def machine(tenant: Tenant, person: Person) -> tuple[str, str, Api]:
    """A service account with a key: its id, the key's, and its API."""
    grants = [{"role": "member", "scope": "tenant"}]
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci", "grants": grants})["id"]
    key = tenant.api.ok("POST", f"/api/auth/v1/service-accounts/{account}/api-keys", 201, json={})
    body = {"grant_type": "api_key", "api_key": key["key"]}
    token = person.anonymous.ok("POST", "/api/auth/v1/tokens", json=body)["access_token"]
    return account, key["id"], Api(tenant.api.url, token)


def test_a_revoked_api_key_ends_its_tokens_and_no_others_of_the_account(tenant: Tenant, person: Person) -> None:
    account, key, api = machine(tenant, person)
    other = tenant.api.ok("POST", f"/api/auth/v1/service-accounts/{account}/api-keys", 201, json={})["key"]
    body = {"grant_type": "api_key", "api_key": other}
    going_on = Api(api.url, person.anonymous.ok("POST", "/api/auth/v1/tokens", json=body)["access_token"])
    tenant.api.ok("DELETE", f"/api/auth/v1/api-keys/{key}", 204)
    eventually(refuses(api, 401, "access_revoked"), SOON)
    assert going_on.get(ME).status_code == 200


def test_a_token_ends_with_the_api_key_that_it_was_given_for(tenant: Tenant, person: Person) -> None:
    # Given a key for some seconds
    account, _, _ = machine(tenant, person)
    path = f"/api/auth/v1/service-accounts/{account}/api-keys"
    key = tenant.api.ok("POST", path, 201, json={"expires_in_seconds": 5})
    # When a token is asked for with it, then the token is for no longer
    body = {"grant_type": "api_key", "api_key": key["key"]}
    tokens = person.anonymous.ok("POST", "/api/auth/v1/tokens", json=body)
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert tokens["expires_in"] == claims["exp"] - claims["iat"] <= 5
    assert claims["exp"] <= datetime.fromisoformat(key["expires_at"]).timestamp()
    # And when the key is over, it opens nothing, and is no active token for those who ask auth
    api, by_key = Api(tenant.api.url, tokens["access_token"]), Api(tenant.api.url, key["key"])
    eventually(refuses(api, 401, "unauthenticated"), 5 + CLOCK_SKEW_SECONDS + SOON)
    by_key.refused("GET", ME, 401, "invalid_api_key")
    asked = tenant.operator.ok("POST", "/api/auth/v1/tokens/introspect", json={"token": api.token})
    assert asked == {"active": False}


def test_a_deleted_service_account_is_over(tenant: Tenant, person: Person) -> None:
    account, _, api = machine(tenant, person)
    tenant.api.ok("DELETE", f"/api/auth/v1/service-accounts/{account}", 204)
    eventually(refuses(api, 401, "access_revoked"), SOON)


def test_a_role_taken_back_is_lost_at_once_and_cannot_be_granted_to_oneself_again(
    tenant: Tenant, person: Person
) -> None:
    api = person.api()
    [grant] = tenant.api.items(GRANTS, subject=person.id)
    tenant.api.ok("DELETE", f"{GRANTS}/{grant['id']}", 204)
    eventually(lambda: api.get(USERS).status_code == 403, SOON)
    body = {"subject": person.id, "role": "tenant-admin", "scope": "tenant"}
    api.refused("POST", GRANTS, 403, "grant_too_wide", json=body)
    api.refused("POST", "/api/storage/v1/buckets", 403, "forbidden", json={"name": "mine"})
    assert api.ok("GET", ME)["grants"] == []
    assert list(tenant.api.items(GRANTS, subject=person.id)) == []


def test_of_two_roles_the_other_one_stays(tenant: Tenant) -> None:
    person = new_person(tenant, "tenant-admin", "viewer")
    api = person.api()
    [admin] = [grant for grant in tenant.api.items(GRANTS, subject=person.id) if grant["role"] == "tenant-admin"]
    tenant.api.ok("DELETE", f"{GRANTS}/{admin['id']}", 204)
    eventually(lambda: api.ok("GET", ME)["grants"] == [{"role": "viewer", "scope": "tenant"}], SOON)
    assert api.get("/api/compute/v1/instances").status_code == 200


def test_a_saved_answer_is_not_given_again_to_who_has_lost_the_role(tenant: Tenant, person: Person) -> None:
    api = person.api()
    keyed = {"Idempotency-Key": "once"}
    api.ok("POST", "/api/storage/v1/buckets", 201, json={"name": "kept"}, headers=keyed)
    [grant] = tenant.api.items(GRANTS, subject=person.id)
    tenant.api.ok("DELETE", f"{GRANTS}/{grant['id']}", 204)
    eventually(lambda: api.get(USERS).status_code == 403, SOON)
    api.refused("POST", "/api/storage/v1/buckets", 403, "forbidden", json={"name": "kept"}, headers=keyed)


@pytest.mark.parametrize(("action", "code"), [("suspend", "tenant_suspended"), ("close", "tenant_closed")])
def test_presigned_urls_end_with_their_tenant(tenant: Tenant, anonymous: Api, action: str, code: str) -> None:
    bucket = make_bucket(tenant.api)
    put_object(tenant.api, bucket, "a.txt")
    urls = {}
    for method in ("GET", "PUT"):
        body = {"method": method, "key": "a.txt", "expires_in": 600}
        urls[method] = tenant.api.ok("POST", f"{bucket}/presigned-urls", 201, json=body)["url"]
    assert anonymous.get(urls["GET"]).content == b"content"
    tenant.operator.ok("POST", f"{TENANTS}/{tenant.id}/{action}")
    eventually(lambda: anonymous.get(urls["GET"]).status_code == 403, SOON)
    anonymous.refused("GET", urls["GET"], 403, code)
    anonymous.refused("PUT", urls["PUT"], 403, code, content=b"late")
