"""A revoked branch takes all that grows on it, and nothing beside it."""

from typing import Any

import pytest

from tests.support.identities import Tenant

TOKENS = "/api/secrets/v1/lease-tokens"
LEASES = "/api/secrets/v1/leases"


def token(tenant: Tenant, parent: str | None = None) -> str:
    made: dict[str, Any] = tenant.operator.ok("POST", TOKENS, 201, json={"name": "t", "parent_id": parent})
    return str(made["id"])


@pytest.mark.parametrize("children", [2, 4])
def test_a_branch_goes_with_all_its_twigs_and_its_siblings_stay(tenant: Tenant, children: int) -> None:
    trunk = token(tenant)
    branches = [token(tenant, trunk) for _ in range(2)]
    twigs = {branch: [token(tenant, branch) for _ in range(children)] for branch in branches}
    leases = {
        holder: tenant.operator.ok("POST", LEASES, 201, json={"token_id": holder})["id"]
        for holder in (trunk, *branches, *twigs[branches[0]], *twigs[branches[1]])
    }
    revoked, kept = branches

    def live() -> set[str]:
        answers = {
            holder: tenant.operator.get(f"{LEASES}/{id}/credentials").status_code for holder, id in leases.items()
        }
        assert set(answers.values()) <= {200, 409}
        return {holder for holder, status in answers.items() if status == 200}

    tenant.api.ok("POST", f"{TOKENS}/{revoked}/revoke")
    assert live() == {trunk, kept, *twigs[kept]}
    assert {row["id"] for row in tenant.api.items(TOKENS) if row["revoked_at"]} == {revoked, *twigs[revoked]}
    tenant.api.ok("POST", f"{TOKENS}/{trunk}/revoke")
    assert live() == set()
