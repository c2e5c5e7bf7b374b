"""What an operation can be answered follows from what it declares, whatever framework has described it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.web.openapi import completed, declared
from shared.web.openapi_names import operation_id

PAGE = [
    {"name": "limit", "in": "query", "schema": {"type": "string"}},
    {"name": "cursor", "in": "query", "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}},
]
JSON_BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
ALWAYS = {"400", "401", "403", "414", "429", "500", "502", "503", "504"}


def described(method: str = "get", path: str = "/v1/things", **operation: Any) -> dict[str, Any]:
    """The completed operation; what isn't given is as small as a framework makes it."""
    return document_of(method, path, **operation)["paths"][path][method]


def document_of(method: str = "get", path: str = "/v1/things", **operation: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"responses": {"200": {"description": ""}}, **operation}
    thing = {
        "type": "object",
        "properties": {"version": {"type": "integer"}, "size": {"type": "integer", "minimum": 1}},
    }
    document = {"openapi": "3.1.0", "paths": {path: {method: said}}, "components": {"schemas": {"Thing": thing}}}
    return completed(document, "things")


def refusals(operation: dict[str, Any]) -> set[str]:
    return {status for status in operation["responses"] if status >= "400"}


def headers_of(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}


def test_a_list_is_refused_for_what_any_request_is_and_for_its_page() -> None:
    assert refusals(described(parameters=PAGE)) == ALWAYS | {"422"}


@pytest.mark.parametrize(
    ("operation", "further"),
    [
        ({"path": "/v1/things/{id}", "parameters": [{"name": "id", "in": "path", "schema": {}}]}, {"404", "422"}),
        ({"method": "post"}, {"409", "413"}),
        ({"method": "post", "requestBody": JSON_BODY}, {"404", "409", "413", "415", "422"}),
        ({"method": "post", **declared("things:write", keyed=True)}, {"409", "413", "422"}),
        ({"method": "delete", **declared("things:write", versioned=True)}, {"409", "412", "413"}),
        ({"responses": {"200": {"description": ""}, "423": {"description": ""}}}, {"423"}),
        ({"parameters": [{"name": "range", "in": "header", "schema": {}}]}, {"416"}),
    ],
    ids=["path", "change", "body", "idempotency key", "version", "own status", "range"],
)
def test_what_is_declared_says_how_it_can_be_refused(operation: dict[str, Any], further: set[str]) -> None:
    assert refusals(described(**operation)) == ALWAYS | further


def test_every_refusal_is_a_problem() -> None:
    document = document_of("post", requestBody=JSON_BODY)
    answers = document["components"]["responses"]
    assert answers["UnprocessableContent"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    assert "Retry-After" in answers["TooManyRequests"]["headers"]
    assert "WWW-Authenticate" in answers["Unauthorized"]["headers"]


def test_the_frameworks_own_refusals_are_gone() -> None:
    own = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}}}
    operation = described(responses={"200": {"description": ""}, "422": own})
    assert refusals(operation) == ALWAYS


def test_a_form_is_refused_in_oauths_way_too() -> None:
    form = {"content": {"application/x-www-form-urlencoded": {"schema": {}}, **JSON_BODY["content"]}}
    assert set(described("post", requestBody=form)["responses"]["400"]["content"]) == {
        "application/problem+json",
        "application/json",
    }


def test_a_head_has_no_content() -> None:
    answers = described("head")["responses"]
    assert not any("content" in answer for answer in answers.values())


def test_what_takes_a_version_or_a_key_says_so_once() -> None:
    said = declared("things:write", versioned=True, keyed=True)
    named = [{"name": "if-match", "in": "header", "schema": {"type": "string"}}]
    operation = described("post", parameters=named, **said)
    assert {"If-Match", "Idempotency-Key", "X-Tenant-Id", "traceparent"} <= headers_of(operation)
    assert "if-match" not in headers_of(operation)
    assert (operation["x-permission"], operation["x-permission-scope"]) == ("things:write", "tenant")
    assert not {"x-open", "x-versioned", "x-keyed"} & set(operation)


def test_a_success_with_a_version_has_a_tag_and_a_repeated_one_says_so() -> None:
    success = {"201": {"description": "", "content": JSON_BODY["content"]}}
    answer = described("post", responses=success, **declared("things:write", keyed=True))["responses"]["201"]
    assert {"ETag", "Idempotency-Replayed", "X-Correlation-Id"} <= set(answer["headers"])
    assert answer["description"] == "Created"


def test_nobody_can_send_null_in_a_query_and_numbers_are_those_of_json() -> None:
    wanted = {"name": "size", "in": "query", "schema": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}
    (size,) = [each for each in described(parameters=[wanted])["parameters"] if each["name"] == "size"]
    assert size["schema"] == {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}
    body = document_of("post", requestBody=JSON_BODY)["components"]["schemas"]["Thing"]["properties"]
    assert body["size"] == {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}


def test_who_needs_no_credentials_may_still_send_some() -> None:
    assert described(**declared(None, is_open=True))["security"][0] == {}
    assert "security" not in described(**declared("things:read"))


@pytest.mark.parametrize(
    ("method", "path", "more", "name"),
    [
        ("GET", "/v1/zones", {"is_list": True}, "list_zones"),
        ("POST", "/v1/zones", {"creates": True}, "create_zone"),
        ("GET", "/v1/zones/{id}", {}, "get_zone"),
        ("PUT", "/v1/zones/{id}/records/{record_id}", {}, "replace_zone_record"),
        ("POST", "/v1/instances/{id}/stop", {}, "instance_stop"),
        ("POST", "/v1/server-groups", {"creates": True}, "create_server_group"),
        ("POST", "/v1/path-policies", {"creates": True}, "create_path_policy"),
        ("POST", "/v1/states/{workspace}", {}, "post_state"),
        ("DELETE", "/v1/addresses/{id}", {}, "delete_address"),
        ("GET", "/v1/signed/{tenant_id}/{name}/{key}", {}, "get_signed_name_key"),
    ],
)
def test_operations_are_named_by_method_and_path(method: str, path: str, more: dict[str, bool], name: str) -> None:
    assert operation_id(method, path, **more) == name


def test_two_operations_of_one_name_are_an_error() -> None:
    operation = {"responses": {"200": {"description": ""}}}
    paths = {"/v1/a-b": {"get": dict(operation)}, "/v1/a_b": {"get": dict(operation)}}
    with pytest.raises(ValueError, match="both called get_a_b"):
        completed({"openapi": "3.1.0", "paths": paths}, "things")
