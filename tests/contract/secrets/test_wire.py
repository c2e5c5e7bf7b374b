"""What secrets says over the wire."""

import secrets

from tests.support.api import Api
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

PATH = "/api/secrets/v1/secrets/app/db"


def test_openapi_document_names_the_end_points(tenant: Tenant) -> None:
    paths = set(tenant.api.ok("GET", "/api/secrets/openapi.json")["paths"])
    assert {"/v1/secrets/{name}", "/v1/keys/{name}/encrypt", "/v1/leases/{id}/renew"} <= paths


def test_answers_with_values_are_not_for_caches_and_answers_to_writes_have_none(tenant: Tenant) -> None:
    written = tenant.api.put(PATH, json={"data": {"password": "pa55-word-x"}})
    assert set(written.json()) == {"id", "path", "version", "created_at", "updated_at"}
    read = tenant.api.get(PATH)
    assert read.headers["cache-control"] == "no-store"
    assert set(read.json()) == {"path", "version", "created_at", "data"}


def test_a_repeated_write_under_one_key_makes_one_version(tenant: Tenant) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    answers = [tenant.api.put(PATH, json={"data": {"a": "1"}}, headers=key) for _ in range(2)]
    assert [answer.json()["version"] for answer in answers] == [1, 1]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    other = {"data": {"a": "2"}}
    tenant.api.refused("PUT", PATH, 422, "idempotency_key_reused", json=other, headers=key)
    assert tenant.api.ok("GET", PATH)["data"] == {"a": "1"}


def test_a_decryption_takes_no_idempotency_key(tenant: Tenant) -> None:
    tenant.api.ok("POST", "/api/secrets/v1/keys", 201, json={"name": "k"})
    path, key = "/api/secrets/v1/keys/k/decrypt", {"Idempotency-Key": "x"}
    tenant.api.refused("POST", path, 400, "idempotency_not_supported", json={"ciphertext": "vault:v1:"}, headers=key)


def test_readiness_names_vault(fleet: FleetControl) -> None:
    host, port = fleet.address("secrets:8008")
    assert Api(f"http://{host}:{port}").ok("GET", "/readyz")["checks"]["vault"] == "ok"
