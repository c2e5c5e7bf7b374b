"""One OpenAPI document made of the services' own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.web.openapi_components import HEADERS, NEEDED, SCHEMAS, SECURITY_SCHEMES

COMMON = frozenset({*SCHEMAS, *HEADERS, *SECURITY_SCHEMES})
"""Components that are the same in all documents; so are the refusals."""
METHODS = ("get", "put", "post", "delete", "patch", "head")
MISSING = "x-missing-services"
_REFERENCE = "#/components/schemas/"


def joined(documents: Mapping[str, Mapping[str, Any]], missing: Iterable[str]) -> dict[str, Any]:
    """All operations of the given services under the paths by which clients reach them, `/api/<service>/…`.

    Names of operations and schemas begin with their service's, so that none meets another's. `x-missing-services` are
    those whose operations aren't in it, since they don't answer at present.
    """
    components: dict[str, dict[str, Any]] = {"schemas": {}, "responses": {}, "headers": {}, "securitySchemes": {}}
    paths: dict[str, Any] = {}
    for service, document in sorted(documents.items()):
        for path, item in document["paths"].items():
            paths[f"/api/{service}{path}"] = {key: _of(service, key, value) for key, value in item.items()}
        for kind, found in document.get("components", {}).items():
            for name, component in found.items():
                own = f"{service}.{name}" if kind == "schemas" and name not in COMMON else name
                told = _renamed(component, service)
                if own != name and "title" in told:
                    told["title"] = own  # Readers of documents name types by it.
                components.setdefault(kind, {})[own] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": "OmniCloud", "version": "1", "description": "All services, as the gateway reaches them"},
        "servers": [{"url": "/"}],
        "security": NEEDED,
        "tags": [{"name": service} for service in sorted(documents)],
        "paths": paths,
        "components": components,
        MISSING: sorted(missing),
    }


def _of(service: str, key: str, value: Any) -> Any:
    """An operation with its service's name; what else a path may have as it is."""
    found = _renamed(value, service)
    if key in METHODS:
        found |= {"operationId": f"{service}_{found['operationId']}", "tags": [service]}
    return found


def _renamed(part: Any, service: str) -> Any:
    """With references to the joint document's names."""
    if isinstance(part, list):
        return [_renamed(each, service) for each in part]
    if isinstance(part, str) and part.startswith(_REFERENCE):  # Of `$ref`, and of a discriminator's mapping.
        name = part.removeprefix(_REFERENCE)
        return part if name in COMMON else f"{_REFERENCE}{service}.{name}"
    if not isinstance(part, dict):
        return part
    return {key: _renamed(value, service) for key, value in part.items()}
