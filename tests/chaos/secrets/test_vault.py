"""Vault goes away and comes back sealed: nothing is answered meanwhile, and it is opened again by itself."""

from tests.support.api import Api
from tests.support.eventually import eventually

SECRETS = "/api/secrets/v1/secrets"
REOPENED_SECONDS = 20


def readable(tenant, path: str) -> bool:
    return tenant.api.get(f"{SECRETS}/{path}").status_code == 200


def test_after_a_restart_of_vault_secrets_are_readable_again(tenant, fleet):
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": "kept"}})
    fleet.restart("vault")
    eventually(lambda: readable(tenant, "app/db"), timeout=REOPENED_SECONDS)
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["data"] == {"password": "kept"}


def test_after_a_crash_of_vault_the_service_becomes_ready_and_takes_writes_again(tenant, fleet):
    tenant.api.ok("PUT", f"{SECRETS}/app/db", json={"data": {"password": "one"}})
    fleet.kill("vault")
    body = {"data": {"password": "two"}}
    tenant.api.refused("PUT", f"{SECRETS}/app/db", 503, "secrets_unavailable", json=body)
    tenant.api.refused("GET", f"{SECRETS}/app/db", 503)
    fleet.start("vault")
    host, port = fleet.address("secrets:8008")
    service = Api(f"http://{host}:{port}")
    eventually(lambda: service.get("/readyz").status_code == 200, timeout=REOPENED_SECONDS)
    eventually(lambda: readable(tenant, "app/db"), timeout=REOPENED_SECONDS)
    assert tenant.api.ok("GET", f"{SECRETS}/app/db")["version"] == 1
    assert tenant.api.ok("PUT", f"{SECRETS}/app/db", json=body)["version"] == 2
