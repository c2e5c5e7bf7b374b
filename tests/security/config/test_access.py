"""Configurations are the tenant's own, and secrets are not in them."""

from typing import Any

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


def test_a_flag_that_another_tenant_reads_is_not_there_for_who_has_none_of_the_name(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    path, params = "/api/config/v1/flags/beta", {"subject": "s"}
    other_tenant.api.ok("PUT", path, json={"enabled": True, "percentage": 100})
    assert other_tenant.api.ok("GET", f"{path}/evaluate", params=params)["enabled"] is True
    tenant.api.refused("GET", f"{path}/evaluate", 404, "not_found", params=params)
    intruder = tenant.api.with_headers(X_Tenant_Id=other_tenant.id)
    intruder.refused("GET", f"{path}/evaluate", 403, "forbidden", params=params)


@pytest.mark.services("secrets")
def test_a_reference_is_kept_as_a_reference(published: Tenant) -> None:
    found = published.api.ok("GET", EFFECTIVE, params={"environment": "prod", "resolve": "true"})
    assert found["values"] == {"password": "s3cr3t-w0rd"}
    assert published.api.ok("GET", EFFECTIVE, params={"environment": "prod"})["values"] == VALUES
    [revision] = published.api.items("/api/config/v1/environments/prod/history")
    assert revision["values"] == VALUES


@pytest.mark.services("secrets")
def test_a_reference_stays_one_in_a_section_that_two_layers_have_a_part_in(published: Tenant) -> None:
    reference = VALUES["password"]
    for layer, values in (("environment", {"host": "a", "password": reference}), ("override", {"host": "b"})):
        published.api.ok("PUT", f"/api/config/v1/layers/prod/{layer}", json={"values": {"db": values}})
    revision = published.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json={})
    expected = {**VALUES, "db": {"host": "b", "password": reference}}
    assert revision["values"] == expected
    assert published.api.ok("GET", EFFECTIVE, params={"environment": "prod"})["values"] == expected
    *_, last = published.api.items("/api/config/v1/environments/prod/history")
    assert last["values"] == expected


@pytest.mark.services("secrets")
def test_who_may_not_read_secrets_does_not_read_them_through_a_configuration(published: Tenant) -> None:
    viewer = published.user("viewer")
    viewer.refused("GET", EFFECTIVE, 403, "forbidden", params={"environment": "prod", "resolve": "true"})
    assert viewer.ok("GET", EFFECTIVE, params={"environment": "prod"})["values"] == VALUES


def test_who_may_only_look_publishes_nothing(published: Tenant) -> None:
    viewer = published.user("viewer")
    viewer.refused("POST", "/api/config/v1/environments/prod/publish", 403, "forbidden", json={})
    assert len(list(published.api.items("/api/config/v1/environments/prod/history"))) == 1


@pytest.mark.parametrize(
    ("pattern", "code"), [("^(a+)+$", "schema_violation"), ("(?=a)a", "invalid_regular_expression")]
)
def test_one_tenants_pattern_keeps_no_other_tenant_waiting(
    tenant: Tenant, other_tenant: Tenant, pattern: str, code: str
) -> None:
    """By backtracking, the first takes 2^5000 steps: the request would outlive the gateway's patience."""
    flag = "/api/config/v1/flags/f"
    other_tenant.api.ok("PUT", flag, json={"enabled": True})
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"x": "a" * 5_000 + "!"}})
    body = {"schema": {"properties": {"x": {"pattern": pattern}}}}
    tenant.api.refused("POST", "/api/config/v1/environments/prod/publish", 422, code, json=body)
    assert other_tenant.api.ok("GET", flag)["enabled"] is True


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {
            "$defs": {
                **{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)},
                "d30": True,
            },
            "$ref": "#/$defs/d0",
        },
        {"allOf": [True] * 2_000},
    ],
    ids=["endless", "doubling", "parts"],
)
def test_a_schema_that_makes_too_much_work_is_refused(tenant: Tenant, schema: dict[str, Any]) -> None:
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": {"a": 1}})
    publish = "/api/config/v1/environments/prod/publish"
    tenant.api.refused("POST", publish, 422, "invalid_schema", json={"schema": schema})
    assert tenant.api.ok("POST", publish, 201, json={})["revision"] == 1


def test_many_items_are_compared_with_each_other_in_a_moment(tenant: Tenant) -> None:
    values = {"list": [{"n": number} for number in range(3_000)]}
    tenant.api.ok("PUT", "/api/config/v1/layers/prod/default", json={"values": values})
    body = {"schema": {"properties": {"list": {"uniqueItems": True}}}}
    assert tenant.api.ok("POST", "/api/config/v1/environments/prod/publish", 201, json=body)["revision"] == 1


@pytest.mark.services("secrets")
def test_a_path_policy_holds_whatever_way_a_secret_is_read(published: Tenant) -> None:
    """Who is named reads it directly and over a configuration, who isn't neither; administrators and the operator are
    above policies on both ways."""
    named, other = published.user("member"), published.user("member")
    policy = {
        "pattern": "app/*",
        "subjects": [named.ok("GET", "/api/auth/v1/me")["subject"]],
        "capabilities": ["read"],
    }
    published.api.ok("POST", "/api/secrets/v1/path-policies", 201, json=policy)
    secret, params = "/api/secrets/v1/secrets/app/db", {"environment": "prod", "resolve": "true"}
    for who in (named, published.api, published.operator):
        assert who.ok("GET", secret)["data"] == {"password": "s3cr3t-w0rd"}
        assert who.ok("GET", EFFECTIVE, params=params)["values"] == {"password": "s3cr3t-w0rd"}
    other.refused("GET", secret, 403, "path_forbidden")
    problem = other.refused("GET", EFFECTIVE, 403, params=params)
    assert "s3cr3t-w0rd" not in str(problem)
