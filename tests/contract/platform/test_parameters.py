"""What may be sent with a request stands in the documents: filters, conditions, contents, patterns and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.calls import CALLS
from tests.support.calls.preconditions import conditional
from tests.support.documents import Document
from tests.support.identities import Tenant

pytestmark = pytest.mark.services(*CALLS)

DJANGO = ("auth", "tenants", "network", "dns", "secrets", "config", "billing", "audit", "compliance")
PAGE = {"limit", "cursor"}
FILTERS: dict[str, dict[str, set[str]]] = {
    "auth": {"/v1/grants": {"subject"}},
    "tenants": {"/v1/reservations": {"resource", "unchanged_for_seconds"}},
    "network": {
        "/v1/addresses": {"subnet_id"},
        "/v1/route-tables": {"vpc_id"},
        "/v1/subnets": {"vpc_id", "zone"},
        "/v1/vpcs/{id}/reachability": {"vpc_id"},
        "/v1/vpcs/{id}/routes/lookup": {"address", "subnet_id"},
    },
    "dns": {"/v1/resolve": {"name", "type", "region"}},
    "secrets": {"/v1/secrets": {"prefix"}, "/v1/secrets/{name}": {"version"}},
    "config": {"/v1/effective": {"environment", "resolve"}, "/v1/flags/{name}/evaluate": {"subject"}},
    "billing": {"/v1/periods": {"at"}, "/v1/usage": {"meter", "resource_id", "start", "end"}},
    "audit": {"/v1/records": {"subject", "type", "actor", "correlation_id", "from", "to", "sort"}},
    "compliance": {
        "/v1/resources": {"resource_id", "resource_type", "compliant"},
        "/v1/results": {"resource_id", "resource_type", "action", "audit"},
    },
}
"""What an end point reads of a query beyond a page's `limit` and `cursor`; all others read nothing."""


def document_of(tenant: Tenant, service: str) -> Document:
    return Document(tenant.api.ok("GET", f"/api/{service}/openapi.json", 200))


def names(document: Document, operation: Mapping[str, Any], place: str) -> set[str]:
    declared = (document.resolved(each) for each in operation.get("parameters", ()))
    return {each["name"] for each in declared if each["in"] == place}


@pytest.mark.parametrize("service", DJANGO)
def test_what_a_django_service_reads_of_a_query_is_documented(tenant: Tenant, service: str) -> None:
    document = document_of(tenant, service)
    asked = {
        path: found
        for method, path, operation in document.operations()
        if method == "GET" and (found := names(document, operation, "query") - PAGE)
    }
    assert asked == FILTERS[service]


@pytest.mark.parametrize("service", CALLS)
def test_exactly_what_honours_a_condition_declares_it(tenant: Tenant, service: str) -> None:
    document = document_of(tenant, service)
    changes = {
        f"{method} {path}": operation
        for method, path, operation in document.operations()
        if method not in ("GET", "HEAD")
    }
    declaring = {
        name for name, each in changes.items() if "if-match" in {n.lower() for n in names(document, each, "header")}
    }
    assert declaring == set(conditional(service)) | ALSO_CONDITIONAL.get(service, set())
    assert {name for name, each in changes.items() if "412" in each["responses"]} == declaring


ALSO_CONDITIONAL: dict[str, set[str]] = {
    "storage": {"PUT /v1/signed/{tenant_id}/{name}/{key}", "DELETE /v1/signed/{tenant_id}/{name}/{key}"},
}
"""What takes conditions and stands in the matrix of none: whoever has a URL may use it without a token."""

ANY_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}, "*/*": {"schema": {}}}


def test_what_storage_takes_as_it_comes_is_a_body_of_any_type(tenant: Tenant) -> None:
    document = document_of(tenant, "storage")
    bodies = {
        f"{method} {path}": operation["requestBody"]
        for method, path, operation in document.operations()
        if "application/octet-stream" in operation.get("requestBody", {}).get("content", {})
    }
    content = {"required": True, "content": ANY_BYTES}
    assert bodies == {
        "PUT /v1/buckets/{name}/objects/{key}": content,
        "PUT /v1/buckets/{name}/uploads/{upload_id}/parts/{number}": content,
        "PUT /v1/signed/{tenant_id}/{name}/{key}": content,
        "DELETE /v1/signed/{tenant_id}/{name}/{key}": {**content, "required": False},
    }


LINE = "^[^\\x00-\\x1f\\x7f]*$"
NOT_BLANK = {"minLength": 1, "pattern": "\\S"}
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "auth": {
        "GrantBatch.grants": {"minItems": 1, "maxItems": 100},
        "ApiKeyCreate.expires_in_seconds": {"minimum": 1, "maximum": 366 * 86_400},
    },
    "tenants": {"ProjectCreate.name": {"maxLength": 200, **NOT_BLANK}},
    "compute": {
        "InstanceCreate.name": {"minLength": 1, "maxLength": 63, "pattern": "^[a-zA-Z0-9]([a-zA-Z0-9._ -]*)$"},
        "InstanceCreate.image": {"maxLength": 255, "pattern": LINE},
        "InstanceCreate.labels": {
            "maxProperties": 50,
            "propertyNames": {"minLength": 1, "maxLength": 63, "pattern": LINE},
        },
        "Size.memory_mib": {"minimum": 1, "maximum": 2**31 - 1},
    },
    "network": {
        "AclRuleCreate.number": {"minimum": 1, "maximum": 32_766},
        "TunnelCreate.gateway_mtu": {"minimum": 576, "maximum": 9_216},
        "VpcCreate.name": {"maxLength": 63, **NOT_BLANK},
    },
    "storage": {"UploadComplete.parts": {"maxItems": 10_000}},
    "dns": {"RecordCreate.ttl": {"minimum": 0, "maximum": 2**31 - 1}},
    "loadbalancer": {
        "PoolCreate.name": {"minLength": 1, "maxLength": 63, "pattern": "^[A-Za-z0-9][A-Za-z0-9._ -]*$"},
        "PoolCreate.check_path": {"maxLength": 255, "pattern": "^/[A-Za-z0-9._~/%:@&=+,;?-]*$"},
        "PoolCreate.check_timeout_seconds": {"minimum": 0.1, "maximum": 60},
        "ListenerIn.port": {"minimum": 1, "maximum": 65_535},
        "BackendCreate.weight": {"minimum": 0, "maximum": 256},
    },
    "secrets": {
        "KeyCreate.name": {"minLength": 1, "pattern": "^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"},
        "PolicyCreate.subjects": {"minItems": 1, "maxItems": 100},
        "Rotation.length": {"minimum": 16, "maximum": 256},
        "SecretWrite.cas": {"minimum": 0, "maximum": 2**31 - 1},
    },
    "config": {"Rollback.revision": {"minimum": 1, "maximum": 2**31 - 1}},
    "deploy": {"DeploymentCreate.replicas": {"minimum": 1, "maximum": 500}},
    "monitor": {"SilenceCreate.matchers": {"maxProperties": 30, "propertyNames": {"minLength": 1, "maxLength": 200}}},
    "billing": {
        "CreditIn.amount": {"pattern": r"^-?0*[0-9]{1,16}(\.[0-9]{1,4})?$"},
        "CreditIn.currency": {"minLength": 1, "pattern": "^[A-Z]{3}$"},
        "AccountChange.anchor_day": {"minimum": 1, "maximum": 31},
    },
    "audit": {"RetentionIn.days": {"minimum": 7, "maximum": 3_653}},
    "compliance": {"PolicyCreate.actions": {"minItems": 1, "maxItems": 100}},
}
"""Of each service some of what its bodies are held to."""
SAYS_NO_BOUND = {"type", "title", "description", "default", "items", "additionalProperties", "format"}


@pytest.mark.parametrize("service", CALLS)
def test_what_a_body_is_held_to_stands_in_its_schema(tenant: Tenant, service: str) -> None:
    schemas = document_of(tenant, service).document["components"]["schemas"]
    found = {}
    for field in FIELDS[service]:
        schema, _, name = field.partition(".")
        said = schemas[schema]["properties"][name]
        found[field] = {word: value for word, value in said.items() if word not in SAYS_NO_BOUND}
    assert found == FIELDS[service]
