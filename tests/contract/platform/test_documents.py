"""The OpenAPI documents of all services, and the gateway's of all of them together, tell the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.support.api import TLS, Api
from tests.support.documents import Answered, Document
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

SERVICES = (
    "auth", "tenants", "compute", "network", "storage", "dns", "loadbalancer", "secrets", "config", "deploy", "monitor",
    "billing", "audit", "compliance",
)  # fmt: skip
PROBLEM = "application/problem+json"
ALWAYS = {"400", "401", "403", "414", "429", "500", "502", "503", "504"}


def document_of(tenant: Tenant, service: str) -> Document:
    return Document(tenant.api.ok("GET", f"/api/{service}/openapi.json", 200))


def parameters(operation: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(each["in"], each["name"].lower()): each for each in operation.get("parameters", ())}


def references(part: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def complaints_of_form(document: Document) -> list[str]:
    """What makes it no OpenAPI 3.1 document: references to nothing, parameters that don't fit the path, names used
    twice, schemas that are none."""
    found = []
    for reference in set(references(document.document)):
        try:
            document.resolved({"$ref": reference})
        except KeyError:
            found.append(f"{reference} leads nowhere")
    names = Counter(operation["operationId"] for _, _, operation in document.operations())
    found += [f"{name} is the name of {times}" for name, times in names.items() if times > 1]
    for method, path, operation in document.operations():
        in_path = {name for place, name in parameters(operation) if place == "path"}
        expected = {part.partition("}")[0].lower() for part in path.split("{")[1:]}
        found += [] if in_path == expected else [f"{method} {path} declares {in_path}"]
        found += [f"{method} {path} {status}" for status, answer in operation["responses"].items()
                  if not document.resolved(answer).get("description")]  # fmt: skip
    for name, schema in document.document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        found += [] if schema else [f"{name} says nothing"]
    return found


@pytest.mark.services(*SERVICES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_services_document_is_one_of_openapi_3_1(tenant: Tenant, service: str) -> None:
    document = document_of(tenant, service)
    assert document.document["openapi"] == "3.1.0"
    assert document.document["servers"][0]["url"] == f"/api/{service}"
    assert complaints_of_form(document) == []


@pytest.mark.services(*SERVICES)
@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_is_documented_as_a_problem_and_follows_from_what_is_declared(
    tenant: Tenant, service: str
) -> None:
    document = document_of(tenant, service)
    for method, path, operation in document.operations():
        where, asked = f"{method} {path}", parameters(operation)
        statuses = set(operation["responses"])
        expected = set(ALWAYS)
        if any(place == "path" for place, _ in asked):
            expected.add("404")
        if method not in ("GET", "HEAD"):
            expected |= {"409", "413"}
            assert (("header", "idempotency-key") in asked) == (where not in NOT_REPEATABLE), where
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            expected |= {"415", "422"}
        if ("header", "if-match") in asked:
            expected.add("412")
        assert expected <= statuses, where
        for status in statuses - {"200", "201", "202", "204", "206", "304"}:
            content = document.resolved(operation["responses"][status]).get("content", {})
            assert method == "HEAD" or PROBLEM in content, f"{where} {status}"
        assert {"accessToken": []} in operation.get("security", document.document["security"]), where


NOT_REPEATABLE = {
    "POST /v1/tokens",
    "POST /v1/service-accounts/{id}/api-keys",
    "POST /v1/totp/enrol",
    "POST /v1/keys/{name}/decrypt",
}
"""Answers that hold a secret, or have no effect that could be doubled."""


def open_bodies(document: Document) -> list[str]:
    """Objects with fields, anywhere in what may be sent as JSON, that say nothing against further ones."""
    found, seen = [], set()
    pending = [
        (f"{method} {path}", operation["requestBody"]["content"]["application/json"]["schema"])
        for method, path, operation in document.operations()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    while pending:
        where, said = pending.pop()
        schema = document.resolved(said)
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        if "properties" in schema and schema.get("additionalProperties") is not False:
            found.append(where)
        pending += [(f"{where} {name}", inner) for name, inner in schema.get("properties", {}).items()]
        inners = [schema.get("items"), schema.get("additionalProperties")]
        inners += [inner for name in ("anyOf", "oneOf", "allOf") for inner in schema.get(name, ())]
        pending += [(where, inner) for inner in inners if isinstance(inner, dict)]
    return found


@pytest.mark.services(*SERVICES)
@pytest.mark.parametrize("service", SERVICES)
def test_bodies_have_no_other_fields_than_the_documents_name(tenant: Tenant, service: str) -> None:
    assert open_bodies(document_of(tenant, service)) == []


@pytest.mark.services("billing", "compliance", "compute")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("billing/v1/invoices", {"perod": "2020-03"}, "perod"),
        ("compliance/v1/exemptions", {"policy_id": "p", "reason": "r", "resource": "i-1"}, "resource"),
        (
            "compliance/v1/policies",
            {"conditions": [{"field": "a", "operator": "eq", "valeu": 1}]},
            "conditions.0.valeu",
        ),
        ("compute/v1/server-groups", {"name": "g", "polcy": "affinity"}, "body.polcy"),
    ],
    ids=["optional body", "optional field", "nested", "FastAPI"],
)
def test_a_misspelt_field_is_refused_by_its_name(tenant: Tenant, path: str, body: dict[str, Any], field: str) -> None:
    """What a default stands in for would otherwise be done as nobody asked for: another month, a wider exemption."""
    problem = tenant.operator.refused("POST", f"/api/{path}", 422, "validation_failed", json=body)
    assert {"field": field, "message": "Extra inputs are not permitted"} in problem["errors"]


@pytest.mark.services("tenants", "compute")
@pytest.mark.parametrize(
    ("service", "path"), [("tenants", "/v1/projects"), ("compute", "/v1/instances")], ids=["Django", "FastAPI"]
)
def test_pages_have_the_limits_that_they_are_held_to(tenant: Tenant, service: str, path: str) -> None:
    asked = parameters(document_of(tenant, service).document["paths"][path]["get"])
    limit = asked["query", "limit"]["schema"]
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 1000, 50)
    tenant.api.ok("GET", f"/api/{service}{path}", 200, params={"limit": limit["maximum"]})
    tenant.api.refused("GET", f"/api/{service}{path}", 400, "invalid_limit", params={"limit": limit["maximum"] + 1})


@pytest.mark.services("tenants", "dns")
def test_answers_bear_the_headers_that_are_documented(tenant: Tenant) -> None:
    document = document_of(tenant, "tenants")
    headers = {"Idempotency-Key": f"documented-{tenant.id}"}
    for _ in range(2):
        answer = tenant.api.post("/api/tenants/v1/projects", json={"name": "shop"}, headers=headers)
        assert document.complaints("POST", "/v1/projects", seen(answer)) == []
    success = document.document["paths"]["/v1/projects"]["post"]["responses"]["201"]["headers"]
    assert {"ETag", "Idempotency-Replayed", "X-Correlation-Id"} <= set(success)
    assert (answer.headers["etag"], answer.headers["idempotency-replayed"]) == ('"1"', "true")


def seen(answer: httpx.Response) -> Answered:
    return Answered(answer.status_code, answer.headers.get("content-type", ""), answer.content, answer.headers)


@pytest.mark.services(*SERVICES)
def test_the_gateway_has_one_document_of_all_services(tenant: Tenant, anonymous: Api) -> None:
    joint = Document(anonymous.ok("GET", "/openapi.json", 200))
    assert joint.document["x-missing-services"] == []
    assert complaints_of_form(joint) == []
    own = {
        (method, f"/api/{service}{path}")
        for service in SERVICES
        for method, path, _ in document_of(tenant, service).operations()
    }
    assert {(method, path) for method, path, _ in joint.operations()} == own
    # And an answer can be judged by it
    made = tenant.api.post("/api/dns/v1/zones", json={"name": "not a name"})
    assert joint.complaints("POST", "/api/dns/v1/zones", seen(made)) == []


@pytest.mark.services("dns")
def test_the_joint_document_says_which_service_is_away(fleet: FleetControl, tenant: Tenant) -> None:
    assert "/api/dns/v1/zones" in tenant.api.ok("GET", "/openapi.json", 200)["paths"]
    fleet.stop("dns")
    eventually(lambda: tenant.api.ok("GET", "/openapi.json", 200)["x-missing-services"] == ["dns"])
    document = tenant.api.ok("GET", "/openapi.json", 200)
    assert not any(path.startswith("/api/dns/") for path in document["paths"])
    fleet.start("dns")
    eventually(lambda: tenant.api.ok("GET", "/openapi.json", 200)["x-missing-services"] == [])


@pytest.mark.services("compute", "tenants")
@pytest.mark.parametrize("service", ["compute:8003", "tenants:8002"], ids=["FastAPI", "Django"])
def test_a_document_is_there_without_the_gateway(fleet: FleetControl, service: str) -> None:
    host, port = fleet.address(service)
    answer = httpx.get(f"http://{host}:{port}/openapi.json", verify=TLS)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "application/json")
