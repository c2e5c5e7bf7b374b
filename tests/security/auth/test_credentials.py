"""Tokens that must not pass, answers that must not tell, secrets that must not come back."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.people import new_person

ME = "/api/auth/v1/me"


def forged(token: str, how: str, keys: dict[str, object]) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    stranger = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64decode(str(keys["x"]) + "=")
    match how:
        case "unsigned":
            return jwt.encode(claims, None, "none", header | {"alg": "none"})
        case "public-key-as-shared-secret":
            return jwt.encode(claims, public, "HS256", header | {"alg": "HS256"})
        case "another-key":
            return jwt.encode(claims, stranger, "EdDSA", header)
        case "unknown-key-id":
            return jwt.encode(claims, stranger, "EdDSA", header | {"kid": "sk-unknown"})
        case "changed-claims":
            head, _, signature = token.split(".")
            changed = base64.urlsafe_b64encode(json.dumps(claims | {"kind": "operator"}).encode()).decode().rstrip("=")
            return f"{head}.{changed}.{signature}"
    raise ValueError(how)


@pytest.mark.parametrize(
    "how", ["unsigned", "public-key-as-shared-secret", "another-key", "unknown-key-id", "changed-claims"]
)
def test_a_forged_token_is_nobodys(operator, anonymous, how):
    key = anonymous.ok("GET", "/api/auth/v1/jwks")["keys"][-1]
    Api(operator.url, forged(str(operator.token), how, key)).refused("GET", ME, 401, "unauthenticated")


def test_an_identity_header_from_outside_is_dropped(anonymous):
    claims = {"iss": "omnicloud-gateway", "aud": "omnicloud-services", "sub": "u-1", "tid": "platform"}
    header = jwt.encode({**claims, "kind": "operator", "grants": []}, "k" * 32, "HS256")
    anonymous.with_headers(X_Omnicloud_Identity=header).refused("GET", ME, 401, "unauthenticated")


def test_a_login_does_not_tell_whether_the_account_exists(tenant):
    person = new_person(tenant)
    wrong = person.try_log_in(password="not the password")
    unknown = person.try_log_in(email=f"x{person.email}")
    elsewhere = person.try_log_in(tenant_id="t-nowhere")
    answers = [answer.json() for answer in (wrong, unknown, elsewhere)]
    for answer in answers:
        del answer["correlation_id"]
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["status"], answers[0]["code"]) == (401, "invalid_credentials")


def test_names_without_an_account_are_locked_like_those_with_one(tenant):
    person = new_person(tenant)
    for _ in range(5):
        assert person.try_log_in(email=f"x{person.email}").json().get("code") == "invalid_credentials"
    assert person.try_log_in(email=f"x{person.email}").json().get("code") == "too_many_attempts"
    assert person.try_log_in().status_code == 200


def test_an_api_key_is_shown_once_and_its_secret_is_in_no_event(tenant, bus: Bus):
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})
    path = f"/api/auth/v1/service-accounts/{account['id']}/api-keys"
    created = tenant.api.ok("POST", path, 201, json={"name": "k"})
    secret = created["key"].rpartition("_")[2]
    assert created["key"].startswith(f"omk_{created['id']}_")
    assert secret not in tenant.api.get(path).text
    [event] = bus.of_subject("auth.events", created["id"])
    assert event["data"] == {
        "id": created["id"],
        "service_account_id": account["id"],
        "name": "k",
        "expires_at": None,
    }


def test_an_answer_that_holds_a_secret_is_not_kept_for_a_repetition(tenant):
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})
    path = f"/api/auth/v1/service-accounts/{account['id']}/api-keys"
    headers = {"Idempotency-Key": "one"}
    tenant.api.refused("POST", path, 400, "idempotency_not_supported", json={}, headers=headers)
    assert tenant.api.ok("GET", path)["items"] == []


@pytest.mark.parametrize("password", ["short", "password1234", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_makes_no_user(tenant, password):
    before = len(list(tenant.api.items("/api/auth/v1/users")))
    body = {"email": "weak@example.test", "password": password}
    problem = tenant.api.refused("POST", "/api/auth/v1/users", 422, "weak_password", json=body)
    assert password not in problem["detail"]
    assert len(list(tenant.api.items("/api/auth/v1/users"))) == before
