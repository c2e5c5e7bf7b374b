"""Secrets over several services."""

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant


@pytest.mark.services("tenants")
def test_a_suspended_tenants_leases_end(tenant: Tenant) -> None:
    token = tenant.api.ok("POST", "/api/secrets/v1/lease-tokens", 201, json={"name": "t"})
    lease = tenant.api.ok("POST", "/api/secrets/v1/leases", 201, json={"token_id": token["id"]})
    path = f"/api/secrets/v1/leases/{lease['id']}/credentials"
    assert len(tenant.operator.ok("GET", path)["password"]) == 32
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/suspend")
    eventually(lambda: tenant.operator.get(path).status_code == 409)
    assert tenant.operator.ok("GET", f"/api/secrets/v1/leases/{lease['id']}")["revoked_at"]


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
