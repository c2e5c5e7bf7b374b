"""Log-in: passwords, rotation, second factor, API keys."""

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.identities import Tenant, random_address
from tests.support.people import Person, code_of, new_person

pytestmark = pytest.mark.services("audit")

TOKENS = "/api/auth/v1/tokens"


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return new_person(tenant, "member")


def test_a_login_gives_a_token_for_fifteen_minutes_with_the_users_roles(person: Person) -> None:
    tokens = person.log_in()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    assert claims["exp"] - claims["iat"] == 900
    assert (claims["sub"], claims["tenant_id"], claims["kind"]) == (person.id, person.tenant_id, "user")
    assert claims["grants"] == [{"role": "member", "scope": "tenant"}]


def test_an_address_is_one_account_however_it_is_typed(tenant: Tenant, person: Person) -> None:
    assert person.try_log_in(email=f"  {person.email.upper()} ").status_code == 200
    body = {"email": person.email.upper(), "password": "violet harbour 42"}
    tenant.api.refused("POST", "/api/auth/v1/users", 409, "account_exists", json=body)


def test_a_refresh_token_works_once_and_its_reuse_ends_the_whole_login(person: Person) -> None:
    first = person.log_in()["refresh_token"]
    second = person.refresh(first).json()["refresh_token"]
    third = person.refresh(second).json()["refresh_token"]
    assert person.refresh(first).json().get("code") == "invalid_refresh_token"
    assert person.refresh(third).json().get("code") == "invalid_refresh_token"
    assert person.try_log_in().status_code == 200


def test_of_two_who_show_one_refresh_token_at_once_one_gets_through_and_the_login_ends(person: Person) -> None:
    token = person.log_in()["refresh_token"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(person.refresh, [token, token]))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    assert person.refresh(winner["refresh_token"]).status_code == 401


def test_logging_out_ends_the_session_and_no_other(person: Person) -> None:
    one, other = person.log_in()["refresh_token"], person.log_in()["refresh_token"]
    person.anonymous.ok("POST", f"{TOKENS}/revoke", 204, json={"refresh_token": one})
    assert person.refresh(one).status_code == 401
    assert person.refresh(other).status_code == 200


def test_five_failures_lock_the_name_even_for_the_right_password(person: Person) -> None:
    for _ in range(5):
        assert person.try_log_in(password="not the password").json().get("code") == "invalid_credentials"
    locked = person.try_log_in()
    assert (locked.status_code, locked.json().get("code")) == (429, "too_many_attempts")
    assert 0 < int(locked.headers["Retry-After"]) <= 900


def test_a_stranger_who_guesses_locks_out_nobody_but_themselves(person: Person) -> None:
    stranger = Api(person.anonymous.url, headers={"X-Forwarded-For": random_address()})
    body = {"tenant_id": person.tenant_id, "email": person.email, "password": "not the password"}
    for _ in range(5):
        stranger.refused("POST", TOKENS, 401, "invalid_credentials", json=body)
    stranger.refused("POST", TOKENS, 429, "too_many_attempts", json={**body, "password": person.password})
    assert person.try_log_in().status_code == 200
    # And the owner's success doesn't free the stranger.
    stranger.refused("POST", TOKENS, 429, "too_many_attempts", json=body)


def test_strangers_of_many_addresses_together_have_a_hundred_guesses(person: Person) -> None:
    body = {"tenant_id": person.tenant_id, "email": person.email, "password": "not the password"}
    answers = []
    for number in range(105):
        headers = {"X-Forwarded-For": f"198.19.{number % 250}.{number // 4 + 1}"}
        answers.append(person.anonymous.post(TOKENS, json=body, headers=headers).json()["code"])
    assert answers == ["invalid_credentials"] * 100 + ["too_many_attempts"] * 5


def test_failed_log_ins_and_lock_outs_are_told_without_what_was_typed(person: Person, bus: Bus) -> None:
    for _ in range(5):
        person.try_log_in(password="not the password")
    address = person.anonymous.headers["X-Forwarded-For"]
    told = bus.events(
        "auth.events", lambda event: event["data"].get("subject") == person.id and "login" in event["type"], count=6
    )
    assert [event["type"] for event in told].count("auth.login.failed") == 5
    [locked] = [event for event in told if event["type"] == "auth.login.locked"]
    assert (locked["data"]["by"], locked["data"]["address"]) == ("address", address)
    assert {(event["tenantid"], event["actor"]) for event in told} == {(person.tenant_id, "anonymous")}
    assert not any("not the password" in str(event) or person.email in str(event) for event in told)


def test_a_wrong_present_password_is_told_of_and_the_right_one_forgives_it(person: Person, bus: Bus) -> None:
    path = "/api/auth/v1/me/password"
    wrong = {"current_password": "not the password", "new_password": "a different sentence"}
    address = random_address()
    api = person.api().with_headers(X_Forwarded_For=address)
    for _ in range(4):
        api.refused("POST", path, 401, "invalid_credentials", json=wrong)
    told = bus.events(
        "auth.events", lambda event: event["data"].get("subject") == person.id and "login" in event["type"], count=4
    )
    assert {(event["type"], event["tenantid"], event["actor"], event["data"]["address"]) for event in told} == {
        ("auth.login.failed", person.tenant_id, person.id, address)
    }
    api.ok("POST", path, 204, json={**wrong, "current_password": person.password})
    fresh = Api(api.url, person.log_in(password="a different sentence")["access_token"])
    again = fresh.with_headers(X_Forwarded_For=address)
    for code in ["invalid_credentials"] * 5 + ["too_many_attempts"]:
        assert again.post(path, json=wrong).json()["code"] == code


def test_a_log_in_under_a_name_that_nobody_has_is_the_platforms_to_know(person: Person, bus: Bus) -> None:
    address = random_address()
    body = {"tenant_id": person.tenant_id, "email": f"x{person.email}", "password": "violet harbour 42"}
    Api(person.anonymous.url, headers={"X-Forwarded-For": address}).refused("POST", TOKENS, 401, json=body)
    [event] = bus.events("auth.events", lambda event: event["data"].get("address") == address)
    assert (event["type"], event["tenantid"], event["data"]["subject"]) == ("auth.login.failed", "platform", None)


def test_the_sixth_failed_log_in_is_recorded_nowhere_and_five_are_in_the_tenants_audit_trail(
    tenant: Tenant, person: Person
) -> None:
    for _ in range(6):
        person.try_log_in(password="not the password")

    def recorded() -> int:
        records = tenant.operator.items("/api/audit/v1/records")
        return [record["type"] for record in records].count("auth.login.failed")

    assert eventually(lambda: recorded() == 5)


@pytest.mark.parametrize("json", [True, False], ids=["json", "form"])
def test_answers_with_tokens_are_kept_by_nobody_on_the_way(person: Person, json: bool) -> None:
    body = {"tenant_id": person.tenant_id, "password": person.password}
    form = {"grant_type": "password", "username": person.email, **body}
    how = {"json": {"email": person.email, **body}} if json else {"data": form}
    answer = person.anonymous.post(TOKENS, **how)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text


def test_oauths_own_forms_work_from_log_in_to_log_out(person: Person) -> None:
    form = {"grant_type": "password", "tenant_id": person.tenant_id, "username": person.email}
    tokens = person.anonymous.post(TOKENS, data={**form, "password": person.password}).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    renewed = person.anonymous.post(
        TOKENS, data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "omnicloud"}
    ).json()
    assert Api(person.anonymous.url, renewed["access_token"]).get("/api/auth/v1/me").status_code == 200
    form = {"token": renewed["refresh_token"], "token_type_hint": "refresh_token"}
    assert person.anonymous.post(f"{TOKENS}/revoke", data=form).status_code == 200
    assert person.refresh(renewed["refresh_token"]).status_code == 401


def test_an_api_key_is_a_service_accounts_client_secret(tenant: Tenant, person: Person) -> None:
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})["id"]
    key = tenant.api.ok("POST", f"/api/auth/v1/service-accounts/{account}/api-keys", 201, json={})["key"]
    form = {"grant_type": "client_credentials", "client_id": account, "client_secret": key}
    tokens = person.anonymous.post(TOKENS, data=form).json()
    assert "refresh_token" not in tokens
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["client_id"]) == (account, account)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password", "username": "a@b.test", "password": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "omr_x"}, 400, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_id": "sa-1", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
        ({"username": "a@b.test"}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "invalid_request"),
        ({"grant_type": ["password", "password"]}, 400, "invalid_request"),
    ],
)
def test_oauths_refusals_are_those_of_the_standard(
    anonymous: Api, form: dict[str, str | list[str]], status: int, error: str
) -> None:
    answer = anonymous.post(TOKENS, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["content-type"].startswith("application/json")


def test_a_client_finds_its_way_by_the_metadata(anonymous: Api) -> None:
    found = anonymous.ok("GET", "/.well-known/oauth-authorization-server")
    assert found == anonymous.ok("GET", "/api/auth/v1/.well-known/oauth-authorization-server")
    # A name of the platform, which its tokens bear; here it is reached by another address.
    assert found["issuer"] == "https://omnicloud.example"
    assert found["token_endpoint"] == f"{anonymous.url}{TOKENS}"
    assert anonymous.get(found["jwks_uri"]).json()["keys"]
    assert anonymous.post(found["token_endpoint"], data={"grant_type": "x"}).status_code == 400


def test_a_second_factor_is_asked_for_and_each_code_works_once(person: Person) -> None:
    api = person.api()
    secret = api.ok("POST", "/api/auth/v1/totp/enrol", 201)["secret"]
    assert api.ok("POST", "/api/auth/v1/totp/verify", json={"code": code_of(secret)}) == {"enabled": True}
    assert person.try_log_in().json().get("code") == "totp_required"
    code = code_of(secret, steps_ahead=1)
    assert person.try_log_in(totp_code=code).status_code == 200
    assert person.try_log_in(totp_code=code).json().get("code") == "invalid_totp"


def test_a_service_account_works_by_its_key_until_the_key_is_revoked(tenant: Tenant) -> None:
    account = tenant.api.ok(
        "POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci", "grants": [{"role": "viewer"}]}
    )
    key = tenant.api.ok("POST", f"/api/auth/v1/service-accounts/{account['id']}/api-keys", 201, json={"name": "laptop"})
    login = {"grant_type": "api_key", "api_key": key["key"]}
    anonymous = new_person(tenant).anonymous
    machine = Api(tenant.api.url, anonymous.ok("POST", TOKENS, json=login)["access_token"])
    assert machine.ok("GET", "/api/auth/v1/me") == {
        "subject": account["id"],
        "tenant_id": tenant.id,
        "kind": "service_account",
        "grants": [{"role": "viewer", "scope": "tenant"}],
    }
    tenant.api.ok("DELETE", f"/api/auth/v1/api-keys/{key['id']}", 204)
    anonymous.refused("POST", TOKENS, 401, "invalid_api_key", json=login)


def test_a_deleted_service_account_gets_no_key_any_more(tenant: Tenant) -> None:
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})["id"]
    path = f"/api/auth/v1/service-accounts/{account}"
    tenant.api.ok("DELETE", path, 204)
    tenant.api.refused("POST", f"{path}/api-keys", 409, "conflict", json={"name": "late"})
    assert list(tenant.api.items(f"{path}/api-keys")) == []


def test_a_new_password_ends_every_session(person: Person) -> None:
    session = person.log_in()["refresh_token"]
    body = {"current_password": person.password, "new_password": "a different sentence"}
    person.api().ok("POST", "/api/auth/v1/me/password", 204, json=body)
    assert person.refresh(session).status_code == 401
    assert person.try_log_in().status_code == 401
    assert person.try_log_in(password="a different sentence").status_code == 200


def test_a_disabled_user_gets_no_token_any_more(tenant: Tenant, person: Person) -> None:
    session = person.log_in()["refresh_token"]
    tenant.api.ok("DELETE", f"/api/auth/v1/users/{person.id}", 204)
    assert person.try_log_in().json().get("code") == "invalid_credentials"
    assert person.refresh(session).json().get("code") == "invalid_refresh_token"
    assert tenant.api.ok("GET", f"/api/auth/v1/users/{person.id}")["state"] == "disabled"
