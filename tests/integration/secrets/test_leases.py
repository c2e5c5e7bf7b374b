"""Leases end by themselves, by their maximum, and with the token above them."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant

TOKENS = "/api/secrets/v1/lease-tokens"
LEASES = "/api/secrets/v1/leases"


def token(tenant: Tenant, parent: str | None = None) -> str:
    return tenant.operator.ok("POST", TOKENS, 201, json={"name": "t", "parent_id": parent})["id"]


def lease(tenant: Tenant, token_id: str, **fields: Any) -> dict[str, Any]:
    return tenant.operator.ok("POST", LEASES, 201, json={"token_id": token_id, **fields})


def credentials(tenant: Tenant, lease_id: str) -> httpx.Response:
    return tenant.operator.get(f"{LEASES}/{lease_id}/credentials")


def test_a_renewal_is_cut_by_the_maximum(tenant: Tenant) -> None:
    made = lease(tenant, token(tenant), ttl_seconds=60, max_ttl_seconds=90)
    renewed = tenant.api.ok("POST", f"{LEASES}/{made['id']}/renew", json={"increment_seconds": 3600})
    lifetime = datetime.fromisoformat(renewed["expires_at"]) - datetime.fromisoformat(made["issued_at"])
    assert lifetime.total_seconds() == 90


def test_an_expired_lease_gives_nothing_more(tenant: Tenant) -> None:
    made = lease(tenant, token(tenant), ttl_seconds=1, max_ttl_seconds=60)
    assert credentials(tenant, made["id"]).status_code == 200
    eventually(lambda: credentials(tenant, made["id"]).status_code == 409, timeout=3)
    path = f"{LEASES}/{made['id']}/renew"
    tenant.api.refused("POST", path, 409, "lease_ended", json={"increment_seconds": 60})


@pytest.mark.parametrize("engine", ["password", "database"])
def test_revoking_a_token_ends_the_leases_of_the_tokens_below_it(tenant: Tenant, engine: str) -> None:
    root = token(tenant)
    child = token(tenant, root)
    other = lease(tenant, token(tenant))
    made = [lease(tenant, holder, engine=engine) for holder in (root, child, token(tenant, child))]
    assert [credentials(tenant, item["id"]).status_code for item in made] == [200, 200, 200]
    tenant.api.ok("POST", f"{TOKENS}/{root}/revoke")
    assert [credentials(tenant, item["id"]).json()["code"] for item in made] == ["lease_ended"] * 3
    assert all(tenant.api.ok("GET", f"{LEASES}/{item['id']}")["revoked_at"] for item in made)
    assert credentials(tenant, other["id"]).status_code == 200


def test_nothing_is_leased_under_a_token_whose_parent_was_revoked(tenant: Tenant) -> None:
    root = token(tenant)
    child = token(tenant, root)
    tenant.api.ok("POST", f"{TOKENS}/{root}/revoke")
    tenant.api.refused("POST", LEASES, 409, "token_revoked", json={"token_id": child})
    assert list(tenant.api.items(LEASES)) == []
