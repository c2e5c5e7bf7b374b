"""Configurations are the tenant's own, and secrets are not in them."""

import pytest

from tests.support.identities import Tenant

EFFECTIVE = "/api/config/v1/effective"
VALUES = {"password": {"$secret": "app/db#password"}}


@pytest.fixture
def published(tenant: Tenant) -> Tenant:
    tenant.api.ok("PUT", "/api/secrets/v1/secrets/app/db", json={"data": {"password": "s3cr3t-w0rd"}})
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": VALUES})
    tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    return tenant


def test_another_tenants_configuration_does_not_exist(published: Tenant, other_tenant: Tenant) -> None:
    other_tenant.api.refused("GET", EFFECTIVE, 404, "not_found", params={"environment": "prod"})
    other_tenant.api.refused("GET", "/api/config/v1/environments/prod/history", 404)
    assert list(other_tenant.api.items("/api/config/v1/environments")) == []


@pytest.mark.parametrize("way", ["../{}/prod", "..%2f{}%2fprod", "{}/prod"])
def test_a_name_cannot_lead_into_another_tenants_keys(published: Tenant, other_tenant: Tenant, way: str) -> None:
    params = {"environment": way.format(published.id)}
    other_tenant.api.refused("GET", EFFECTIVE, 422, "invalid_environment_name", params=params)


def test_two_tenants_flags_of_one_name_are_two(tenant: Tenant, other_tenant: Tenant) -> None:
    for who, enabled in ((tenant, True), (other_tenant, False)):
        who.api.ok("PUT", "/api/config/v1/flags/new-ui", json={"enabled": enabled, "percentage": 100})
    path, params = "/api/config/v1/flags/new-ui/evaluate", {"subject": "s"}
    assert [who.api.ok("GET", path, params=params)["enabled"] for who in (tenant, other_tenant)] == [True, False]


@pytest.mark.services("secrets")
def test_a_reference_is_kept_as_a_reference(published: Tenant) -> None:
    found = published.api.ok("GET", EFFECTIVE, params={"environment": "prod", "resolve": "true"})
    assert found["values"] == {"password": "s3cr3t-w0rd"}
    assert published.api.ok("GET", EFFECTIVE, params={"environment": "prod"})["values"] == VALUES
    [revision] = published.api.items("/api/config/v1/environments/prod/history")
    assert revision["values"] == VALUES


@pytest.mark.services("secrets")
def test_who_may_not_read_secrets_does_not_read_them_through_a_configuration(published: Tenant) -> None:
    viewer = published.user("viewer")
    viewer.refused("GET", EFFECTIVE, 403, "forbidden", params={"environment": "prod", "resolve": "true"})
    assert viewer.ok("GET", EFFECTIVE, params={"environment": "prod"})["values"] == VALUES


def test_who_may_only_look_publishes_nothing(published: Tenant) -> None:
    viewer = published.user("viewer")
    viewer.refused("POST", "/api/config/v1/environments/prod/publish", 403, "forbidden", json={})
    assert len(list(published.api.items("/api/config/v1/environments/prod/history"))) == 1
