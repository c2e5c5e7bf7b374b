"""What config says over the wire."""

import secrets
from typing import Any

import pytest

from tests.support.identities import Tenant

LAYER = "/api/config/v1/layers/prod/default"


def test_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    paths = set(tenant.api.ok("GET", "/api/config/openapi.json")["paths"])
    assert {"/v1/effective", "/v1/environments/{environment}/publish", "/v1/flags/{name}/evaluate"} <= paths


@pytest.mark.parametrize(
    ("layer", "values", "code"),
    [
        ("global", {"a": 1}, "unknown_layer"),
        ("default", {"a": {"$secret": "no-field"}}, "invalid_secret_reference"),
        ("default", ["a"], "validation_failed"),
    ],
)
def test_a_bad_layer_is_refused(tenant: Tenant, layer: str, values: Any, code: str) -> None:
    tenant.api.refused("PUT", f"/api/config/v1/layers/prod/{layer}", 422, code, json={"values": values})
    assert list(tenant.api.items("/api/config/v1/environments")) == []


@pytest.mark.parametrize(
    ("params", "code"), [({}, "missing_parameter"), ({"environment": "p", "resolve": "perhaps"}, "invalid_parameter")]
)
def test_a_bad_query_is_refused(tenant: Tenant, params: dict[str, str], code: str) -> None:
    tenant.api.refused("GET", "/api/config/v1/effective", 400, code, params=params)


def test_a_repeated_publication_under_one_key_is_one_revision(tenant: Tenant) -> None:
    tenant.api.ok("PUT", LAYER, json={"values": {"a": 1}})
    key = {"Idempotency-Key": secrets.token_hex(8)}
    path = "/api/config/v1/environments/prod/publish"
    first, again = (tenant.api.post(path, json={}, headers=key) for _ in range(2))
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert len(list(tenant.api.items("/api/config/v1/environments/prod/history"))) == 1
