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


@pytest.mark.parametrize("path", ["tokens", "%74okens", "me/password", "me%2Fpassword"])
def test_who_is_logged_in_guesses_passwords_no_faster_however_the_path_is_spelt(tenant: Tenant, path: str) -> None:
    guesser = tenant.api.with_headers(X_Forwarded_For=random_address())
    codes = [guesser.post(f"/api/auth/v1/{path}", json={}).json()["code"] for _ in range(70)]
    assert (codes[0], codes[-1]) == ("validation_failed", "rate_limited")


@pytest.mark.parametrize(
    "authorization",
    ["Basic é", "Basic !", "Digest x", f"Bearer omk_{'x' * 2_000}"],
    ids=["text", "basic", "scheme", "key"],
)
def test_credentials_that_can_not_be_read_are_refused_and_slowed_down_like_wrong_ones(
    fleet: FleetControl, authorization: str
) -> None:
    guesser = Api(fleet.url, headers={"X-Forwarded-For": random_address()})
    headers = {"Authorization": authorization.encode()}
    guesser.refused("GET", WHO, 401, headers=headers)
    assert [guesser.get(WHO, headers=headers).status_code for _ in range(70)][-1] == 429


def through_proxies(fleet: FleetControl, *addresses: str) -> Api:
    """Nobody, by way of two proxies of ours, of which the inner one is in the containers' network."""
    return Api(fleet.url, headers={"X-Forwarded-For": ", ".join([*addresses, "172.16.0.9"])})


def test_addresses_that_a_stranger_writes_before_their_own_don_t_change_who_is_slowed_down(fleet: FleetControl) -> None:
    """Our outer proxy adds the address that it was called from, and a client may have sent any before it."""
    own = random_address()

    def guess() -> int:
        return through_proxies(fleet, random_address(), own).get(WHO).status_code

    answers = [guess() for _ in range(70)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_nobody_is_slowed_down_for_what_a_stranger_does_under_their_address(fleet: FleetControl) -> None:
    victim = random_address()
    stranger = through_proxies(fleet, victim, random_address())
    assert [stranger.get(WHO).status_code for _ in range(70)][-1] == 429
    assert Api(fleet.url, headers={"X-Forwarded-For": victim}).get(WHO).status_code == 401


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
    assert eventually(lambda: api.get("/api/deploy/v1/environments").status_code == 401, 15.0)


def test_a_suspended_tenants_key_opens_nothing(
    tenant: Tenant, operator: Api, fleet: FleetControl, api_key: dict[str, str]
) -> None:
    api = Api(fleet.url, headers=basic("terraform", api_key["key"]))
    api.ok("GET", "/api/deploy/v1/environments", 200)
    operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    assert eventually(lambda: api.get("/api/deploy/v1/environments").status_code == 403, 15.0)


@pytest.mark.services("auth", "compute")
@pytest.mark.parametrize("path", ["/api/auth/v1/tokens", "/api/compute/v1/instances"])
def test_a_body_that_would_be_much_work_to_refuse_is_refused_all_the_same(
    tenant: Tenant, anonymous: Api, path: str
) -> None:
    """A name that stands twice, at the end of 200,000: comparing each with all others would take minutes."""
    names = [*range(200_000), 199_999]
    body = b"{" + b",".join(b'"%d":0' % name for name in names) + b"}"
    api = anonymous if path.endswith("tokens") else tenant.api
    api.refused("POST", path, 400, "bad_request", content=body, headers={"Content-Type": "application/json"})
