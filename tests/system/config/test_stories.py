"""Configuration over several services."""

import pytest

from tests.support.eventually import eventually
from tests.support.identities import Tenant

EFFECTIVE = "/api/config/v1/effective"


@pytest.mark.services("tenants")
def test_nothing_of_a_closed_tenant_stays_behind(tenant: Tenant) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    tenant.operator.ok("POST", f"/api/tenants/v1/tenants/{tenant.id}/close")
    params = {"environment": "prod"}
    eventually(lambda: tenant.operator.get(EFFECTIVE, params=params).status_code == 404)
    # What is in force ends at once, in Consul; the rows go with the transaction that follows.
    eventually(lambda: list(tenant.operator.items("/api/config/v1/environments")) == [])


@pytest.mark.services("secrets")
def test_a_reference_to_a_secret_that_is_not_there_is_named(tenant: Tenant) -> None:
    values = {"a": {"$secret": "app/none#x"}}
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": values})
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    params = {"environment": "prod", "resolve": "true"}
    problem = tenant.api.refused("GET", EFFECTIVE, 422, "secret_reference_unresolved", params=params)
    assert problem["detail"] == "there is no secret app/none"
