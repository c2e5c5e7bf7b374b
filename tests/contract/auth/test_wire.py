"""What auth sends: tokens, keys, problems, pages, events."""

from typing import Any

import httpx
import jwt
import pytest

from tests.support.api import TLS, Api
from tests.support.bus import Bus
from tests.support.clock import clock
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import new_person

USERS = "/api/auth/v1/users"


def test_the_answer_to_a_login_has_exactly_the_documented_members(tenant: Tenant, anonymous: Api) -> None:
    tokens = new_person(tenant).log_in()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert jwt.get_unverified_header(tokens["access_token"]).keys() == {"alg", "kid", "typ"}
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert set(claims) == {
        "iss", "aud", "sub", "iat", "exp", "jti", "client_id", "sid", "tenant_id", "kind", "grants",
    }  # fmt: skip
    issuer = anonymous.ok("GET", "/.well-known/oauth-authorization-server")["issuer"]
    # RFC 8414 §2: https, without a query or a fragment
    assert (claims["iss"], claims["aud"]) == (issuer, "omnicloud") == ("https://omnicloud.example", "omnicloud")


def test_the_key_set_holds_public_keys_that_verify_a_token(tenant: Tenant, anonymous: Api) -> None:
    token = new_person(tenant).log_in()["access_token"]
    answer = anonymous.get("/api/auth/v1/jwks")
    keys = {key["kid"]: key for key in answer.json()["keys"]}
    for key in keys.values():
        assert {name: key[name] for name in ("kty", "crv", "use", "alg")} == {
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
        }
        assert "d" not in key
    key = jwt.PyJWK(keys[jwt.get_unverified_header(token)["kid"]]).key
    # The library would ask the machine for the time, which the fleet may not go by.
    claims = jwt.decode(
        token,
        key,
        ["EdDSA"],
        audience="omnicloud",
        issuer="https://omnicloud.example",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["tenant_id"] == tenant.id
    assert claims["iat"] <= clock.now().timestamp() < claims["exp"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "nobody@example.test", "password": "x"}, 401, "invalid_credentials"),
        ({"grant_type": "api_key", "api_key": "omk_nonsense"}, 401, "invalid_api_key"),
        ({"grant_type": "refresh_token", "refresh_token": "nonsense"}, 401, "invalid_refresh_token"),
        ({"grant_type": "magic"}, 422, "validation_failed"),
        ({"grant_type": "password", "email": "a@example.test"}, 422, "validation_failed"),
    ],
    ids=["password", "api-key", "refresh-token", "unknown-type", "missing-field"],
)
def test_a_refused_login_is_a_problem_with_a_stable_code(
    anonymous: Api, body: dict[str, Any], status: int, code: str
) -> None:
    problem = anonymous.refused("POST", "/api/auth/v1/tokens", status, code, json=body)
    members = {"type", "title", "status", "detail", "code", "instance", "correlation_id"}
    assert set(problem) == members | ({"errors"} if status == 422 else set())
    assert (problem["type"], problem["instance"]) == (f"/problems/{code}", "/v1/tokens")


def test_users_come_in_pages_without_gap_or_repetition(tenant: Tenant) -> None:
    made = [new_person(tenant).id for _ in range(4)]
    pages = list(tenant.api.items(USERS, limit=2))
    assert [user["id"] for user in pages[1:]] == made
    tenant.api.refused("GET", USERS, 400, "invalid_limit", params={"limit": 0})
    tenant.api.refused("GET", USERS, 400, "invalid_cursor", params={"cursor": "nonsense"})


def test_a_new_user_is_told_as_a_cloudevent_without_the_password(tenant: Tenant, bus: Bus) -> None:
    person = new_person(tenant)
    [event] = bus.of_subject("auth.events", person.id)
    assert {name: event[name] for name in ("specversion", "type", "source", "tenantid", "sequence")} == {
        "specversion": "1.0",
        "type": "auth.user.created",
        "source": "omnicloud/auth",
        "tenantid": tenant.id,
        "sequence": 1,
    }
    assert event["data"] == {"id": person.id, "email": person.email, "name": ""}
    assert person.password not in str(event)


def test_the_openapi_document_names_every_end_point(fleet: FleetControl) -> None:
    host, port = fleet.address("auth:8001")
    document = httpx.get(f"http://{host}:{port}/openapi.json", verify=TLS).json()
    described = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert {
        "post /v1/tokens", "post /v1/tokens/revoke", "post /v1/tokens/introspect", "get /v1/jwks", "get /v1/me",
        "post /v1/me/password", "post /v1/users", "get /v1/users/{id}", "delete /v1/users/{id}",
        "post /v1/service-accounts", "post /v1/service-accounts/{id}/api-keys", "delete /v1/api-keys/{id}",
        "post /v1/grants", "post /v1/grants/batch", "delete /v1/grants/{id}", "post /v1/totp/enrol",
        "post /v1/totp/verify", "post /v1/signing-keys/rotate",
    } <= described  # fmt: skip
