"""Leases end by themselves, by their maximum, and with the token above them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from tests.support.asking import crowd
from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import add_row

TOKENS = "/api/secrets/v1/lease-tokens"
LEASES = "/api/secrets/v1/leases"
TOKENS_OF = """
INSERT INTO secrets.lease_tokens (id, tenant_id, name, version, created_at, updated_at)
SELECT 'ltk-' || number || %s, %s, 't', 1, now(), now() FROM generate_series(1, 998) AS number
"""
LEASES_OF = """
INSERT INTO secrets.leases (id, tenant_id, token_id, engine, issued_by, vault_lease, max_ttl_seconds, cleared, version,
    issued_at, expires_at, created_at, updated_at)
SELECT 'lse-00' || number || tenant_id, tenant_id, id, 'password', '', '', 86400, false, 1,
    created_at, created_at + make_interval(secs => %s), created_at, created_at
FROM secrets.lease_tokens, generate_series(1, %s) AS number WHERE id = %s
"""


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


def test_revoking_a_token_ends_the_leases_of_all_its_children(tenant: Tenant) -> None:
    root = token(tenant)
    children = [token(tenant, root) for _ in range(3)]
    below = [*children, *(token(tenant, child) for child in children)]
    made = [lease(tenant, holder) for holder in below]
    tenant.api.ok("POST", f"{TOKENS}/{root}/revoke")
    assert [credentials(tenant, item["id"]).json().get("code") for item in made] == ["lease_ended"] * 6
    assert [row["id"] for row in tenant.api.items(TOKENS) if row["revoked_at"] is None] == []


def test_nothing_is_leased_under_a_token_whose_parent_was_revoked(tenant: Tenant) -> None:
    root = token(tenant)
    child = token(tenant, root)
    tenant.api.ok("POST", f"{TOKENS}/{root}/revoke")
    tenant.api.refused("POST", LEASES, 409, "token_revoked", json={"token_id": child})
    assert list(tenant.api.items(LEASES)) == []


def has_child(tenant: Tenant, parent: str) -> bool:
    return any(row["parent_id"] == parent for row in tenant.api.items(TOKENS))


def test_no_token_made_while_the_one_above_is_revoked_survives(tenant: Tenant) -> None:
    """Revocation marks what it reaches first, so that nothing is made under it (hashicorp/vault#4512)."""
    parents = [token(tenant) for _ in range(4)]

    def make(parent: str) -> list[str]:
        """Children, and children of theirs, for as long as that is allowed."""
        api, made, above = tenant.api.with_headers(), [], parent
        while (answer := api.post(TOKENS, json={"name": "t", "parent_id": above})).status_code == 201:
            made.append(answer.json()["id"])
            above = made[-1] if len(made) % 2 else parent
        assert answer.json()["code"] == "token_revoked"
        return made

    for parent in parents:
        with ThreadPoolExecutor(4) as threads:
            making = [threads.submit(make, parent) for _ in range(3)]
            eventually(partial(has_child, tenant, parent))
            tenant.api.ok("POST", f"{TOKENS}/{parent}/revoke")
            made = {id for each in making for id in each.result(timeout=30)}
        rows = {row["id"]: row for row in tenant.api.items(TOKENS)}
        assert made
        assert [id for id in made if rows[id]["revoked_at"] is None] == []


@pytest.mark.parametrize("action", ["renew", "revoke"])
def test_a_lease_that_was_changed_meanwhile_stays_as_it_is(tenant: Tenant, action: str) -> None:
    made = lease(tenant, token(tenant))
    path, body = f"{LEASES}/{made['id']}", {"increment_seconds": 60}
    tenant.api.ok("POST", f"{path}/renew", json=body)
    stale = {"If-Match": f'"{made["version"]}"'}
    tenant.api.refused("POST", f"{path}/{action}", 412, "version_conflict", json=body, headers=stale)
    found = tenant.api.get(path)
    assert (found.json()["version"], found.json()["revoked_at"]) == (made["version"] + 1, None)
    tenant.api.ok("POST", f"{path}/{action}", json=body, headers={"If-Match": found.headers["ETag"]})


def test_a_token_that_was_revoked_meanwhile_is_not_revoked_upon_what_was_seen_before(tenant: Tenant) -> None:
    root = tenant.api.ok("POST", TOKENS, 201, json={"name": "t"})
    stale = {"If-Match": f'"{root["version"] + 1}"'}
    tenant.api.refused("POST", f"{TOKENS}/{root['id']}/revoke", 412, "version_conflict", headers=stale)
    seen = {"If-Match": f'"{root["version"]}"'}
    assert tenant.api.ok("POST", f"{TOKENS}/{root['id']}/revoke", headers=seen)["revoked_at"]


def test_a_tenant_has_a_limit_of_tokens_in_force(tenant: Tenant, fleet: FleetControl) -> None:
    add_row(fleet, "secrets", TOKENS_OF, tenant.id, tenant.id)
    assert crowd(tenant.api, "POST", TOKENS, [{"name": "t"}] * 6) == {201: 2, 422: 4}
    problem = tenant.api.refused("POST", TOKENS, 422, "lease_token_limit_reached", json={"name": "t"})
    assert problem["limit"] == 1000
    tenant.api.ok("POST", f"{TOKENS}/ltk-1{tenant.id}/revoke")
    token(tenant)


def test_a_tenant_has_a_limit_of_leases(tenant: Tenant, fleet: FleetControl) -> None:
    """The end of the tenant, or of a token, ends all of them at once."""
    root = token(tenant)
    add_row(fleet, "secrets", LEASES_OF, 3600, 998, root)
    assert crowd(tenant.api, "POST", LEASES, [{"token_id": root}] * 6) == {201: 2, 422: 4}
    problem = tenant.api.refused("POST", LEASES, 422, "lease_limit_reached", json={"token_id": root})
    assert problem["limit"] == 1000
    tenant.api.ok("POST", f"{LEASES}/lse-001{tenant.id}/revoke")
    lease(tenant, root)


def test_a_lease_is_told_to_have_expired_however_many_of_another_tenant_have(
    tenant: Tenant, other_tenant: Tenant, bus: Bus, fleet: FleetControl
) -> None:
    add_row(fleet, "secrets", LEASES_OF, 0, 1000, token(other_tenant))
    made = lease(tenant, token(tenant), ttl_seconds=1, max_ttl_seconds=1)
    told = bus.of_subject("secrets.events", made["id"], count=2)
    assert [event["type"] for event in told] == ["secrets.lease.issued", "secrets.lease.expired"]


def test_the_end_of_a_token_is_told_of_no_lease_that_had_ended(tenant: Tenant, bus: Bus) -> None:
    root = token(tenant)
    ended, live = lease(tenant, root, ttl_seconds=1, max_ttl_seconds=1), lease(tenant, root)
    bus.of_subject("secrets.events", ended["id"], count=2)
    tenant.api.ok("POST", f"{TOKENS}/{root}/revoke")
    assert tenant.api.ok("GET", f"{LEASES}/{live['id']}")["revoked_at"]
    assert tenant.api.ok("GET", f"{LEASES}/{ended['id']}")["revoked_at"] is None
    again = lease(tenant, token(tenant), ttl_seconds=1, max_ttl_seconds=1)
    for row in (live, again):  # A sweep later
        told = bus.of_subject("secrets.events", row["id"], count=2)
        assert told[1]["type"] == ("secrets.lease.revoked" if row is live else "secrets.lease.expired")
