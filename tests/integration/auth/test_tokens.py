"""Log-in: passwords, rotation, second factor, API keys."""

from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from tests.support.api import Api
from tests.support.identities import Tenant
from tests.support.people import Person, code_of, new_person

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
