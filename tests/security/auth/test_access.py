"""Tokens that must not pass, answers that must not tell, secrets that must not come back; tenants out of reach."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.api import Api
from tests.support.bus import Bus
from tests.support.identities import Tenant, random_address
from tests.support.people import new_person

pytestmark = pytest.mark.services("tenants")

ME = "/api/auth/v1/me"
USERS = "/api/auth/v1/users"
GRANTS = "/api/auth/v1/grants"
PASSWORD = f"{ME}/password"


def users_of(tenant: Tenant) -> list[str]:
    return [user["id"] for user in tenant.api.items(USERS)]


def forged(token: str, how: str, keys: dict[str, object]) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    stranger = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64decode(str(keys["x"]) + "=")
    match how:
        case "unsigned":
            return jwt.encode(claims, "", "none", header | {"alg": "none"})
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
def test_a_forged_token_is_nobodys(operator: Api, anonymous: Api, how: str) -> None:
    key = anonymous.ok("GET", "/api/auth/v1/jwks")["keys"][-1]
    Api(operator.url, forged(str(operator.token), how, key)).refused("GET", ME, 401, "unauthenticated")


def test_an_identity_header_from_outside_is_dropped(anonymous: Api) -> None:
    claims = {"iss": "omnicloud-gateway", "aud": "omnicloud-services", "sub": "u-1", "tid": "platform"}
    header = jwt.encode({**claims, "kind": "operator", "grants": []}, "k" * 32, "HS256")
    anonymous.with_headers(X_Omnicloud_Identity=header).refused("GET", ME, 401, "unauthenticated")


def test_a_login_does_not_tell_whether_the_account_exists(tenant: Tenant) -> None:
    person = new_person(tenant)
    wrong = person.try_log_in(password="not the password")
    unknown = person.try_log_in(email=f"x{person.email}")
    elsewhere = person.try_log_in(tenant_id="t-nowhere")
    answers = [answer.json() for answer in (wrong, unknown, elsewhere)]
    for answer in answers:
        del answer["correlation_id"]
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["status"], answers[0]["code"]) == (401, "invalid_credentials")


def test_names_without_an_account_are_locked_like_those_with_one(tenant: Tenant) -> None:
    person = new_person(tenant)
    for _ in range(5):
        assert person.try_log_in(email=f"x{person.email}").json().get("code") == "invalid_credentials"
    assert person.try_log_in(email=f"x{person.email}").json().get("code") == "too_many_attempts"
    assert person.try_log_in().status_code == 200


def test_who_has_found_a_token_does_not_find_out_the_password_by_it(tenant: Tenant) -> None:
    # Given a stranger with a token, who has guessed at the log-in
    person = new_person(tenant)
    stranger = person.api().with_headers(X_Forwarded_For=random_address())
    login = {"tenant_id": person.tenant_id, "email": person.email, "password": "not the password"}
    for _ in range(2):
        stranger.refused("POST", "/api/auth/v1/tokens", 401, "invalid_credentials", json=login)
    # When they guess on where one changes one's password
    wrong = {"current_password": "not the password", "new_password": "a different sentence"}
    right = {**wrong, "current_password": person.password}
    for _ in range(3):
        stranger.refused("POST", PASSWORD, 401, "invalid_credentials", json=wrong)
    # Then they have had their five guesses, at both places
    stranger.refused("POST", PASSWORD, 429, "too_many_attempts", json=right)
    stranger.refused("POST", "/api/auth/v1/tokens", 429, "too_many_attempts", json={**login, **{"password": "x"}})
    # And the owner's password is what it was, and good from elsewhere
    assert person.try_log_in().status_code == 200


def test_a_repeated_guess_counts_as_another_and_keeps_no_idempotency_key(tenant: Tenant) -> None:
    person = new_person(tenant)
    api = person.api().with_headers(X_Forwarded_For=random_address(), Idempotency_Key="one")
    wrong = {"current_password": "not the password", "new_password": "a different sentence"}
    for _ in range(4):
        api.refused("POST", PASSWORD, 401, "invalid_credentials", json=wrong)
    # What was refused is tried again under its key
    api.ok("POST", PASSWORD, 204, json={**wrong, "current_password": person.password})
    assert person.try_log_in(password="a different sentence").status_code == 200


def test_an_api_key_is_shown_once_and_its_secret_is_in_no_event(tenant: Tenant, bus: Bus) -> None:
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})
    path = f"/api/auth/v1/service-accounts/{account['id']}/api-keys"
    created = tenant.api.ok("POST", path, 201, json={"name": "k"})
    head = f"omk_{created['id']}_"
    assert created["key"].startswith(head)
    secret = created["key"].removeprefix(head)
    assert len(secret) == 43
    assert secret not in tenant.api.get(path).text
    [event] = bus.of_subject("auth.events", created["id"])
    assert event["data"] == {
        "id": created["id"],
        "service_account_id": account["id"],
        "name": "k",
        "expires_at": None,
    }


def test_an_answer_that_holds_a_secret_is_not_kept_for_a_repetition(tenant: Tenant) -> None:
    account = tenant.api.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci"})
    path = f"/api/auth/v1/service-accounts/{account['id']}/api-keys"
    headers = {"Idempotency-Key": "one"}
    tenant.api.refused("POST", path, 400, "idempotency_not_supported", json={}, headers=headers)
    assert tenant.api.ok("GET", path)["items"] == []


@pytest.mark.parametrize("password", ["short", "password1234", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_makes_no_user(tenant: Tenant, password: str) -> None:
    before = len(list(tenant.api.items("/api/auth/v1/users")))
    body = {"email": "weak@example.test", "password": password}
    problem = tenant.api.refused("POST", "/api/auth/v1/users", 422, "weak_password", json=body)
    assert password not in problem["detail"]
    assert len(list(tenant.api.items("/api/auth/v1/users"))) == before


def test_a_header_that_names_another_tenant_creates_no_user_there(tenant: Tenant, other_tenant: Tenant) -> None:
    before = users_of(other_tenant)
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    body = {"email": "mole@example.test", "password": "violet harbour 42", "grants": [{"role": "tenant-admin"}]}
    intruder.refused("POST", USERS, 403, "forbidden", json=body)
    assert users_of(other_tenant) == before


def test_a_header_that_names_another_tenant_shows_none_of_its_people_and_roles(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    for path in (USERS, GRANTS, "/api/auth/v1/service-accounts"):
        intruder.refused("GET", path, 403, "forbidden")


def test_no_role_lands_in_another_tenant_by_a_header_nor_at_home_by_a_foreign_project(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    theirs = new_person(other_tenant)
    project = other_tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": "Theirs"})["id"]
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    body = {"subject": theirs.id, "role": "tenant-admin", "scope": "tenant"}
    intruder.refused("POST", GRANTS, 403, "forbidden", json=body)
    assert list(other_tenant.api.items(GRANTS, subject=theirs.id)) == []
    ours = new_person(tenant)
    body = {"subject": ours.id, "role": "tenant-admin", "scope": f"project:{project}"}
    tenant.api.refused("POST", GRANTS, 422, "unknown_project", json=body)
    assert ours.api().ok("GET", "/api/auth/v1/me")["grants"] == []


def test_another_tenants_user_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs = new_person(other_tenant, "member")
    tenant.api.refused("GET", f"{USERS}/{theirs.id}", 404, "not_found")
    tenant.api.refused("DELETE", f"{USERS}/{theirs.id}", 404, "not_found")
    body = {"subject": theirs.id, "role": "viewer", "scope": "tenant"}
    tenant.api.refused("POST", GRANTS, 404, "not_found", json=body)
    assert theirs.try_log_in().status_code == 200
    assert theirs.try_log_in(tenant_id=tenant.id).json().get("code") == "invalid_credentials"


def test_a_member_grants_nothing_and_creates_nobody(tenant: Tenant, member: Api) -> None:
    before = users_of(tenant)
    person = new_person(tenant)
    body = {"subject": person.id, "role": "tenant-admin", "scope": "tenant"}
    member.refused("POST", GRANTS, 403, "grant_too_wide", json=body)
    member.refused("POST", USERS, 403, "forbidden", json={"email": "x@example.test"})
    assert list(tenant.api.items(GRANTS, subject=person.id)) == []
    assert users_of(tenant) == [*before, person.id]


def test_the_role_of_an_operator_cannot_be_granted(tenant: Tenant) -> None:
    person = new_person(tenant)
    for role in ("platform-admin", "operator"):
        body = {"subject": person.id, "role": role, "scope": "tenant"}
        tenant.api.refused("POST", GRANTS, 422, "unknown_role", json=body)
    tenant.api.refused("POST", "/api/auth/v1/signing-keys/rotate", 403, "forbidden")
    assert person.api().ok("GET", "/api/auth/v1/me")["kind"] == "user"


def test_an_administrator_of_a_project_sees_and_gives_roles_in_it_alone(tenant: Tenant) -> None:
    shop, lab = (
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": name})["id"] for name in ("Shop", "Lab")
    )
    api = new_person(tenant, "tenant-admin", scope=f"project:{shop}").api()
    person = new_person(tenant, "viewer", scope=f"project:{lab}")
    body = {"subject": person.id, "role": "member", "scope": f"project:{shop}"}
    given = api.ok("POST", GRANTS, 201, json=body)["id"]
    assert {grant["scope"] for grant in api.items(GRANTS)} == {f"project:{shop}"}
    assert [grant["id"] for grant in api.items(GRANTS, subject=person.id)] == [given]
    api.refused("POST", GRANTS, 403, "grant_too_wide", json={**body, "scope": f"project:{lab}"})
    [elsewhere] = [grant for grant in tenant.api.items(GRANTS, subject=person.id) if grant["id"] != given]
    api.refused("GET", f"{GRANTS}/{elsewhere['id']}", 403, "forbidden")
    api.refused("DELETE", f"{GRANTS}/{elsewhere['id']}", 403, "grant_too_wide")
    api.ok("DELETE", f"{GRANTS}/{given}", 204)
    assert [grant["id"] for grant in tenant.api.items(GRANTS, subject=person.id)] == [elsewhere["id"]]


def test_the_roles_of_another_tenants_people_are_in_no_list_whatever_it_is_narrowed_by(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    theirs = new_person(other_tenant, "viewer")
    [shown] = other_tenant.api.items(GRANTS, subject=theirs.id)
    assert list(tenant.api.items(GRANTS, subject=theirs.id)) == []
    tenant.api.refused("GET", f"{GRANTS}/{shown['id']}", 404, "not_found")
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("GET", GRANTS, 403, "forbidden", params={"subject": theirs.id})
