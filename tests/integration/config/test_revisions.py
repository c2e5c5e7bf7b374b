"""Layers, publications, history and rollback."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.bus import Bus
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.rows import add_row

LAYERS = "/api/config/v1/layers/prod"
PROD = "/api/config/v1/environments/prod"
ENVIRONMENTS_OF = """
INSERT INTO config.environments (id, tenant_id, name, revision, version, created_at, updated_at)
SELECT 'env-' || number || %s, %s, 'env-' || number, 0, 1, now(), now() FROM generate_series(1, 98) AS number
"""


def set_layer(tenant: Tenant, layer: str, **values: Any) -> dict[str, Any]:
    return tenant.api.ok("PUT", f"{LAYERS}/{layer}", json={"values": values})


def publish(tenant: Tenant, **body: Any) -> dict[str, Any]:
    return tenant.api.ok("POST", f"{PROD}/publish", 201, json=body)


def effective(tenant: Tenant) -> dict[str, Any]:
    return tenant.api.ok("GET", "/api/config/v1/effective", params={"environment": "prod"})


def test_layers_are_merged_in_their_order(tenant: Tenant) -> None:
    set_layer(tenant, "override", level="override")
    set_layer(tenant, "default", level="default", db={"host": "a", "port": 1}, hosts=["a", "b"])
    set_layer(tenant, "environment", level="environment", db={"port": 2})
    set_layer(tenant, "tenant", hosts=["c"])
    publish(tenant)
    assert effective(tenant) == {
        "environment": "prod",
        "revision": 1,
        "values": {"level": "override", "db": {"host": "a", "port": 2}, "hosts": ["c"]},
    }


@pytest.mark.parametrize("value", [0, False, "", None])
def test_a_falsy_override_is_published_as_an_override(tenant: Tenant, value: Any) -> None:
    set_layer(tenant, "default", limit=5, deep={"limit": 5})
    set_layer(tenant, "override", limit=value, deep={"limit": value})
    publish(tenant)
    assert effective(tenant)["values"] == {"limit": value, "deep": {"limit": value}}


def test_nobody_sees_a_layer_before_it_is_published(tenant: Tenant) -> None:
    set_layer(tenant, "default", a=1)
    path, params = "/api/config/v1/effective", {"environment": "prod"}
    tenant.api.refused("GET", path, 404, "not_found", params=params)
    publish(tenant)
    set_layer(tenant, "default", a=2)
    assert effective(tenant)["values"] == {"a": 1}
    assert tenant.api.ok("GET", f"{PROD}/explanation")["values"] == {"a": 2}


def test_what_does_not_match_the_schema_is_not_published(tenant: Tenant) -> None:
    set_layer(tenant, "default", port=80)
    publish(tenant, schema={"properties": {"port": {"type": "integer"}}})
    set_layer(tenant, "override", port="eighty")
    problem = tenant.api.refused("POST", f"{PROD}/publish", 422, "schema_violation", json={})
    assert [error["field"] for error in problem["errors"]] == ["port"]
    assert (effective(tenant)["revision"], effective(tenant)["values"]) == (1, {"port": 80})
    assert len(list(tenant.api.items(f"{PROD}/history"))) == 1


def test_a_rollback_publishes_the_earlier_values_again(tenant: Tenant) -> None:
    for number in (1, 2):
        set_layer(tenant, "default", a=number)
        publish(tenant)
    again = tenant.api.ok("POST", f"{PROD}/rollback", 201, json={"revision": 1})
    assert (again["revision"], again["rolled_back_to"], again["values"]) == (3, 1, {"a": 1})
    assert effective(tenant)["values"] == {"a": 1}
    history = tenant.api.items(f"{PROD}/history")
    assert [(item["revision"], item["values"]["a"]) for item in history] == [(1, 1), (2, 2), (3, 1)]
    tenant.api.refused("POST", f"{PROD}/rollback", 404, "not_found", json={"revision": 9})


def test_of_two_who_changed_the_same_layer_the_second_is_refused(tenant: Tenant) -> None:
    set_layer(tenant, "default", a=1)
    stale, body = {"If-Match": '"1"'}, {"values": {"a": 2}}
    assert tenant.api.put(f"{LAYERS}/default", json=body, headers=stale).headers["ETag"] == '"2"'
    body = {"values": {"a": 3}}
    tenant.api.refused("PUT", f"{LAYERS}/default", 412, "version_conflict", json=body, headers=stale)
    publish(tenant)
    assert effective(tenant)["values"] == {"a": 2}


@pytest.mark.parametrize("action", ["publish", "rollback"])
def test_a_publication_upon_one_that_was_not_seen_is_refused(tenant: Tenant, action: str) -> None:
    set_layer(tenant, "default", a=1)
    publish(tenant)
    seen = tenant.api.get(PROD).headers["ETag"]
    publish(tenant)
    body = {"revision": 1} if action == "rollback" else {}
    path = f"{PROD}/{action}"
    tenant.api.refused("POST", path, 412, "version_conflict", json=body, headers={"If-Match": seen})
    assert [item["revision"] for item in tenant.api.items(f"{PROD}/history")] == [1, 2]
    fresh = {"If-Match": tenant.api.get(PROD).headers["ETag"]}
    assert tenant.api.ok("POST", path, 201, json=body, headers=fresh)["revision"] == 3


def test_a_layer_that_is_not_there_has_no_version_to_match(tenant: Tenant) -> None:
    stale = {"If-Match": '"1"'}
    tenant.api.refused("PUT", f"{LAYERS}/default", 412, "version_conflict", json={"values": {}}, headers=stale)
    assert list(tenant.api.items("/api/config/v1/environments")) == []


@pytest.mark.parametrize(
    "values",
    [
        {"a": "b\0"},
        {"b\0": 1},
        {"a": ["\ud800"]},
        {"a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]},
    ],
    ids=["nul", "nul-key", "surrogate", "deep"],
)
def test_what_can_not_be_kept_as_it_is_is_refused(tenant: Tenant, values: dict[str, Any]) -> None:
    content = json.dumps({"values": values}).encode()
    headers = {"Content-Type": "application/json"}
    answer = tenant.api.put(f"{LAYERS}/default", content=content, headers=headers)
    assert (answer.status_code // 100, list(tenant.api.items("/api/config/v1/environments"))) == (4, [])


def test_a_layer_and_a_configuration_have_limits(tenant: Tenant) -> None:
    large = "x" * 200_000
    body = {"values": {"a": large + large}}
    problem = tenant.api.refused("PUT", f"{LAYERS}/default", 422, "document_too_large", json=body)
    assert problem["limit"] == 262_144
    for layer in ("default", "override"):
        set_layer(tenant, layer, **{layer: large})
    problem = tenant.api.refused("POST", f"{PROD}/publish", 422, "document_too_large", json={})
    assert problem["limit"] == 393_216
    set_layer(tenant, "override", a="é")
    assert publish(tenant)["revision"] == 1


@pytest.mark.services("secrets")
def test_a_reference_matches_whatever_way_the_schema_asks(tenant: Tenant) -> None:
    """Its value isn't known when it is published; what no value can make valid is refused all the same."""
    set_layer(tenant, "default", p={"$secret": "app/db#password"}, list=[{"$secret": "app/db#user"}])
    text = {"properties": {"p": {"type": "string"}}}
    for schema in (
        {"anyOf": [text, False]},
        {"oneOf": [text, {"properties": {"p": {"type": "integer"}}}]},
        {"not": {"properties": {"p": {"type": "object"}}}},
        {"properties": {"list": {"contains": {"type": "string"}}}},
    ):
        publish(tenant, schema=schema)
    body = {"schema": {"not": {"required": ["p"]}}}
    tenant.api.refused("POST", f"{PROD}/publish", 422, "schema_violation", json=body)
    assert len(list(tenant.api.items(f"{PROD}/history"))) == 4


def test_a_publication_is_told(tenant: Tenant, bus: Bus) -> None:
    set_layer(tenant, "default", a=1)
    publish(tenant)
    [environment] = tenant.api.items("/api/config/v1/environments")
    [event] = bus.of_subject("config.events", environment["id"])
    assert (event["type"], event["data"]["revision"]) == ("config.environment.published", 1)


def test_a_tenant_has_a_limit_of_environments(tenant: Tenant, fleet: FleetControl) -> None:
    """What is in force of all of them is read by every process whenever somebody publishes."""
    add_row(fleet, "config", ENVIRONMENTS_OF, tenant.id, tenant.id)
    layers = "/api/config/v1/layers"
    body: dict[str, Any] = {"values": {}}

    def put(name: str) -> int:
        return tenant.api.put(f"{layers}/{name}/default", json=body).status_code

    with ThreadPoolExecutor(4) as threads:
        answers = Counter(threads.map(put, [f"more-{number}" for number in range(6)]))
    assert answers == {200: 2, 422: 4}
    problem = tenant.api.refused("PUT", f"{layers}/last/default", 422, "environment_limit_reached", json=body)
    assert problem["limit"] == 100
    assert len(list(tenant.api.items("/api/config/v1/environments"))) == 100
    for layer in ("default", "override", "override"):
        tenant.api.ok("PUT", f"{layers}/env-1/{layer}", json=body)
