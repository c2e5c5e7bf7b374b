"""What strangers can't do at the edge."""

import base64
import json
from collections.abc import Callable

import pytest

from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant, random_address

WHO = "/api/auth/v1/me"


def flipped(token: str) -> str:
    """The token with one character of its signature changed."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def unsigned(token: str) -> str:
    """The token's claims under `alg: none` (RFC 8725 §3.1)."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


@pytest.mark.parametrize("forge", [flipped, unsigned, lambda _: "nonsense"])
def test_tokens_that_were_not_issued_open_nothing(
    tenant: Tenant, fleet: FleetControl, forge: Callable[[str], str]
) -> None:
    forged = forge(str(tenant.api.token))
    Api(fleet.url, headers={"Authorization": f"Bearer {forged}"}).refused("GET", WHO, 401)


def test_a_forged_identity_header_is_dropped(tenant: Tenant, fleet: FleetControl, anonymous: Api) -> None:
    claims = {"sub": "user:root", "tid": tenant.id, "kind": "operator", "grants": []}
    forged = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, claims, {})
    )
    answer = anonymous.get("/api/tenants/v1/projects", headers={"X-Omnicloud-Identity": forged})
    assert answer.status_code == 401


def test_guessing_without_a_token_is_slowed_down_by_client_address(fleet: FleetControl) -> None:
    guesser = Api(fleet.url, headers={"X-Forwarded-For": random_address()})
    answers = [guesser.get(WHO).status_code for _ in range(70)]
    assert answers[0] == 401
    assert answers[-1] == 429
    limited = guesser.get(WHO)
    assert limited.json()["code"] == "rate_limited"
    assert 1 <= int(limited.headers["retry-after"]) <= 10
    assert Api(fleet.url, headers={"X-Forwarded-For": random_address()}).get(WHO).status_code == 401


def test_bodies_beyond_the_limit_are_refused(tenant: Tenant) -> None:
    huge = b"x" * (16 * 2**20 + 1)
    tenant.api.refused("POST", "/api/tenants/v1/projects", 413, "payload_too_large", content=huge)


def test_browsers_of_other_origins_get_no_permission(tenant: Tenant) -> None:
    answer = tenant.api.get("/api/tenants/v1/projects", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


@pytest.fixture
def api_key(tenant: Tenant) -> dict[str, str]:
    """A key of a service account that may only look."""
    grants = [{"role": "viewer", "scope": "tenant"}]
    account = tenant.operator.ok("POST", "/api/auth/v1/service-accounts", 201, json={"name": "ci", "grants": grants})
    path = f"/api/auth/v1/service-accounts/{account['id']}/api-keys"
    made: dict[str, str] = tenant.operator.ok("POST", path, 201, json={"name": "terraform"})
    return made


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_an_api_key_stands_for_its_account_as_a_password_or_a_token(
    tenant: Tenant, fleet: FleetControl, api_key: dict[str, str]
) -> None:
    for headers in (basic("terraform", api_key["key"]), basic("", api_key["key"]),
                    {"Authorization": f"Bearer {api_key['key']}"}):  # fmt: skip
        api = Api(fleet.url, headers=headers)
        assert list(api.items("/api/deploy/v1/environments")) == []
        # With its own roles, and in its own tenant
        api.refused("POST", "/api/deploy/v1/environments", 403, "forbidden", json={"name": "prod"})
        api.with_headers(X_Tenant_Id="t-another").refused("GET", "/api/deploy/v1/environments", 403, "forbidden")


def test_a_wrong_key_is_refused_and_counts_against_its_address_alone(
    fleet: FleetControl, api_key: dict[str, str]
) -> None:
    wrong = api_key["key"][:-4] + "AAAA"
    stranger = Api(fleet.url, headers={**basic("x", wrong), "X-Forwarded-For": random_address()})
    stranger.refused("GET", "/api/deploy/v1/environments", 401, "invalid_api_key")
    answers = [stranger.get("/api/deploy/v1/environments").status_code for _ in range(80)]
    assert answers[0] == 401
    assert answers[-1] == 429
    owner = Api(fleet.url, headers={**basic("x", api_key["key"]), "X-Forwarded-For": random_address()})
    owner.ok("GET", "/api/deploy/v1/environments", 200)


def test_a_revoked_key_opens_nothing_within_a_moment(
    tenant: Tenant, fleet: FleetControl, api_key: dict[str, str]
) -> None:
    api = Api(fleet.url, headers=basic("terraform", api_key["key"]))
    api.ok("GET", "/api/deploy/v1/environments", 200)
    tenant.operator.ok("DELETE", f"/api/auth/v1/api-keys/{api_key['id']}", 204)
    assert eventually(lambda: api.get("/api/deploy/v1/environments").status_code == 401, 3.0)


def test_a_suspended_tenants_key_opens_nothing(
    tenant: Tenant, operator: Api, fleet: FleetControl, api_key: dict[str, str]
) -> None:
    api = Api(fleet.url, headers=basic("terraform", api_key["key"]))
    api.ok("GET", "/api/deploy/v1/environments", 200)
    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    assert eventually(lambda: api.get("/api/deploy/v1/environments").status_code == 403, 5.0)
