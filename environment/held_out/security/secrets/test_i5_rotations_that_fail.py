"""A rotation that is refused tells nothing of the secret, to nobody and nowhere."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

SECRETS = "/api/secrets/v1/secrets"
WORD = f"w0rd-{secrets.token_hex(12)}"


@pytest.mark.parametrize(
    "held", [WORD, [WORD], {"deep": {WORD: 1}}, f"a {WORD} b"], ids=["text", "list", "map", "part"]
)
def test_who_may_write_and_not_read_learns_no_value_by_failing(
    tenant: Tenant, member: Api, fleet: FleetControl, held: object
) -> None:
    tenant.api.ok("PUT", f"{SECRETS}/prod/db", json={"data": {"user": "app", "token": held}})
    me = member.ok("GET", "/api/auth/v1/me")["subject"]
    policy = {"pattern": "prod/*", "subjects": [me], "capabilities": ["write"]}
    tenant.api.ok("POST", "/api/secrets/v1/path-policies", 201, json=policy)
    member.refused("GET", f"{SECRETS}/prod/db", 403, "path_forbidden")

    for field in ("tokens", "Token", "deep"):
        path = f"{SECRETS}/prod/db/rotate"
        problem = member.refused("POST", path, 422, "unknown_secret_field", json={"field": field})
        assert WORD not in json.dumps(problem)
        assert "app" not in [value for value in problem.values() if not isinstance(value, str)]
    assert WORD not in "\n".join(fleet.logs("secrets", 300))
    assert tenant.api.ok("GET", f"{SECRETS}/prod/db")["data"] == {"user": "app", "token": held}
