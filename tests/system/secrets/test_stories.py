"""Secrets over several services."""

import secrets
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.eventually import eventually
from tests.support.identities import Tenant

TOKENS = "/api/secrets/v1/lease-tokens"


def after_it(other: Tenant, bus: Bus, event: dict[str, Any]) -> None:
    """Return when the service has handled what was sent before about the event's subject: with a newer suspension,
    which comes after it on the same partition, and which shows by the tokens of another tenant."""
    other.operator.ok("POST", TOKENS, 201, json={"name": "t"})
    bus.send("tenants.events", {**event, "id": secrets.token_hex(16), "tenantid": other.id, "sequence": 10**6})
    eventually(lambda: all(row["revoked_at"] for row in other.operator.items(TOKENS)))


@pytest.mark.services("tenants")
def test_a_suspended_tenants_leases_end(tenant: Tenant) -> None:
    token = tenant.api.ok("POST", "/api/secrets/v1/lease-tokens", 201, json={"name": "t"})
    lease = tenant.api.ok("POST", "/api/secrets/v1/leases", 201, json={"token_id": token["id"]})
    path = f"/api/secrets/v1/leases/{lease['id']}/credentials"
    assert len(tenant.operator.ok("GET", path)["password"]) == 32
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    eventually(lambda: tenant.operator.get(path).status_code == 409)
    assert tenant.operator.ok("GET", f"/api/secrets/v1/leases/{lease['id']}")["revoked_at"]


@pytest.mark.services("tenants")
def test_a_suspension_that_comes_after_the_tenant_was_resumed_ends_nothing(
    tenant: Tenant, other_tenant: Tenant, bus: Bus
) -> None:
    """One that was put aside and is replayed later says nothing of the present."""
    place = f"/api/tenants/v1/tenants/{tenant.id}"
    tenant.operator.ok("POST", f"{place}/suspend")
    tenant.operator.ok("POST", f"{place}/resume")
    told = bus.of_subject("tenants.events", tenant.id, count=3)
    [suspended] = [event for event in told if event["type"] == "tenants.tenant.suspended"]
    token = tenant.operator.ok("POST", TOKENS, 201, json={"name": "t"})
    bus.send("tenants.events", {**suspended, "id": secrets.token_hex(16)})
    lease = tenant.operator.ok("POST", "/api/secrets/v1/leases", 201, json={"token_id": token["id"]})
    path = f"/api/secrets/v1/leases/{lease['id']}/credentials"
    after_it(other_tenant, bus, suspended)
    assert tenant.operator.get(path).status_code == 200


@pytest.mark.services("tenants")
def test_nothing_of_a_closed_tenant_stays_behind(tenant: Tenant) -> None:
    api = "/api/secrets/v1"
    tenant.api.ok("PUT", f"{api}/secrets/app/db", json={"data": {"password": "p"}})
    tenant.api.ok("POST", f"{api}/keys", 201, json={"name": "cards"})
    policy = {"pattern": "prod/*", "subjects": ["nobody"], "capabilities": ["read"]}
    tenant.api.ok("POST", f"{api}/path-policies", 201, json=policy)
    token = tenant.api.ok("POST", TOKENS, 201, json={"name": "t"})
    tenant.api.ok("POST", f"{api}/leases", 201, json={"token_id": token["id"]})
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    nouns = ("secrets", "keys", "path-policies", "lease-tokens", "leases")
    eventually(lambda: [item for noun in nouns for item in tenant.operator.items(f"{api}/{noun}")] == [], timeout=20)


@pytest.mark.services("config")
def test_a_rotated_secret_reaches_who_reads_the_configuration(tenant: Tenant) -> None:
    secret = "/api/secrets/v1/secrets/app/db"
    tenant.api.ok("PUT", secret, json={"data": {"password": "first"}})
    values = {"db": {"password": {"$secret": "app/db#password"}}}
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": values})
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    read = {"environment": "prod", "resolve": "true"}
    found = tenant.api.ok("GET", "/api/config/v1/effective", params=read)
    assert found["values"] == {"db": {"password": "first"}}
    tenant.api.ok("POST", f"{secret}/rotate", json={"field": "password"})
    fresh = tenant.api.ok("GET", secret)["data"]["password"]
    found = tenant.api.ok("GET", "/api/config/v1/effective", params=read)
    assert (found["values"], found["revision"]) == ({"db": {"password": fresh}}, 1)
