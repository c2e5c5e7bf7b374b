"""True OpenAPI documents: what a framework says of its end points, completed by what all of them have in common.

A framework knows paths, parameters and bodies. What else can be answered follows from what an operation declares: its
permission (401, 403), its parameters (404), its body (413, 415, 422), `If-Match` (412), `Idempotency-Key` (422), a
range (206, 416), and what lies between client and service (429, 502, 503, 504). It is derived here, once for both
frameworks, and so can't be forgotten. Only what no rule can know is declared beside an end point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from shared.web.idempotency import MUTATING_METHODS, REPLAYED_HEADER
from shared.web.input import LARGEST_INTEGER, MAX_SEGMENT_BYTES
from shared.web.openapi_components import (
    EVERYWHERE,
    HEADERS,
    NEEDED,
    OPTIONAL,
    PARAMETERS,
    SCHEMAS,
    SECURITY_SCHEMES,
    header_references,
    reference,
    refusal,
    response_name,
)
from shared.web.openapi_names import noun_of, operation_id

METHODS = ("get", "put", "post", "delete", "patch", "head")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ANY = "*/*"

PERMISSION, SCOPE, OPEN, VERSIONED, KEYED = "x-permission", "x-permission-scope", "x-open", "x-versioned", "x-keyed"
"""What an end point says of itself, in its operation: the permission that it needs, whether holding it in a project is
enough (`project`), whether nobody needs to say who they are, whether it takes `If-Match` with a version, and whether it
takes an `Idempotency-Key`. The first two are published; the others are said in the standard's own words."""

PAGE = ("limit", "cursor")
ALWAYS = frozenset({400, 401, 403, 414, 429, 500, 502, 503, 504})
"""A request can't be read, its credentials or its tenant aren't accepted, there are too many of it, nobody expected
what happened, and whoever is to answer can't or takes too long."""
CONTENT_HEADERS = frozenset({"content-type", "content-length"})
"""What a body's own description says (OpenAPI 3.1, "Parameter Object")."""
FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
"""Schemas of refusals that no service gives."""

Operation = dict[str, Any]


def declared(
    permission: str | None,
    *,
    anywhere: bool = False,
    is_open: bool = False,
    versioned: bool = False,
    keyed: bool = False,
) -> dict[str, Any]:
    """What an end point says of itself, to be put into its operation."""
    said: dict[str, Any] = {OPEN: is_open, VERSIONED: versioned, KEYED: keyed}
    if permission is not None:
        said |= {PERMISSION: permission, SCOPE: "project" if anywhere else "tenant"}
    return said


def completed(document: Mapping[str, Any], service: str, *, negotiates: bool = False) -> dict[str, Any]:
    """The document (OpenAPI 3.1) of a service as its framework made it, with all that its answers can be.

    `negotiates` says that the framework refuses an `Accept` that it can't satisfy (406). Raises ValueError for two
    operations of one name.
    """
    whole: dict[str, Any] = deepcopy(dict(document))
    whole["openapi"] = "3.1.0"
    whole["servers"] = [{"url": f"/api/{service}", "description": "By the gateway"}]
    whole["security"] = NEEDED
    components = whole.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in FRAMEWORKS_OWN:
        schemas.pop(name, None)
    schemas.update(deepcopy(dict(SCHEMAS)))
    components["headers"] = deepcopy(dict(HEADERS))
    components["securitySchemes"] = deepcopy(dict(SECURITY_SCHEMES))
    statuses: set[int] = set()
    for path, item in whole["paths"].items():
        for method in [each for each in METHODS if each in item]:
            statuses |= _complete(item[method], method.upper(), path, whole, negotiates)
    components["responses"] = {response_name(status): refusal(status) for status in sorted(statuses)}
    _ensure_unique(whole)
    _make_plain(whole)
    return whole


def binary_body(*media_types: str) -> dict[str, Any]:
    """A body that is taken as it comes."""
    content = {kind: media for each in media_types for kind, media in _binary(each).items()}
    return {"required": True, "content": content}


def binary_answers(description: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers with a body of any media type, for a FastAPI route."""
    return {status: {"description": description, "content": _binary(ANY)} for status in statuses}


def _binary(media_type: str) -> dict[str, Any]:
    """Any media type is named beside the one that readers of documents know for bytes."""
    octets = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {**(octets if media_type == ANY else {}), media_type: {"schema": {}}}


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Method, path and operation, in the document's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a schema, a parameter or an answer refers to; itself where it refers to nothing."""
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _complete(operation: Operation, method: str, path: str, document: Mapping[str, Any], negotiates: bool) -> set[int]:
    """Complete one operation in its place; the statuses of its refusals."""
    is_open, versioned, keyed = (operation.pop(name, False) for name in (OPEN, VERSIONED, KEYED))
    operation["tags"] = operation.get("tags") or [noun_of(path)]
    if is_open:
        operation["security"] = OPTIONAL
    else:
        operation.pop("security", None)
    _complete_parameters(operation, versioned, keyed)
    names = {(each.get("in"), each.get("name", "").lower()) for each in operation["parameters"]}
    pages = {("query", "limit"), ("query", "cursor")} <= names
    answers = operation["responses"]
    own = {int(status) for status in answers if int(status) >= 400 and not _of_framework(answers[status])}
    operation["operationId"] = operation_id(method, path, is_list=pages, creates="201" in answers)
    if ("header", "if-none-match") in names and method in ("GET", "HEAD"):
        answers.setdefault("304", {"description": "What the client has is what there is"})
    if ("header", "range") in names and method == "GET":
        own.add(416)
    statuses = own | _statuses(operation, method, names, versioned, keyed) | ({406} if negotiates else set())
    _complete_successes(operation, document, method, keyed)
    as_form = FORM in operation.get("requestBody", {}).get("content", {})
    successes = {status: answer for status, answer in answers.items() if int(status) < 400}
    operation["responses"] = successes | {
        str(status): refusal(status, empty=method == "HEAD", as_form=as_form)
        if as_form or method == "HEAD"
        else reference("responses", response_name(status))
        for status in sorted(statuses)
    }
    return statuses


def _statuses(
    operation: Operation, method: str, names: set[tuple[str | None, str]], versioned: bool, keyed: bool
) -> set[int]:
    """What the operation can be refused with, beyond what it declares itself."""
    changes, takes_body = method in MUTATING_METHODS, "requestBody" in operation
    in_path = any(place == "path" for place, _ in names)
    in_query = any(place == "query" for place, _ in names)
    names_something = any(place == "query" and name not in PAGE for place, name in names)
    found = set(ALWAYS)
    if in_path or takes_body or names_something:
        found.add(404)
    if changes:
        found |= {409, 413}
    if JSON in operation.get("requestBody", {}).get("content", {}):
        found.add(415)
    if takes_body or in_query or in_path or keyed:
        found.add(422)
    if versioned or any(("header", name) in names for name in ("if-match", "if-none-match", "if-unmodified-since")):
        found.add(412)
    return found


def _complete_parameters(operation: Operation, versioned: bool, keyed: bool) -> None:
    """Those of all documents, and none that says that it may be null: nobody can send that."""
    found: list[dict[str, Any]] = []
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "header" and parameter["name"].lower() in CONTENT_HEADERS:
            continue
        name = {"limit": "Limit", "cursor": "Cursor"}.get(parameter.get("name", ""))
        if parameter.get("in") == "query" and name:
            found.append(PARAMETERS[name])
        elif versioned and parameter.get("in") == "header" and parameter["name"].lower() == "if-match":
            continue
        else:
            found.append(_parameter(parameter))
    names = [*(["IfMatch"] if versioned else []), *(["IdempotencyKey"] if keyed else []), *EVERYWHERE]
    operation["parameters"] = deepcopy([*found, *(PARAMETERS[name] for name in names)])


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = dict(parameter.get("schema", {}))
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        schema = {**{name: value for name, value in schema.items() if name != "anyOf"}, **choices[0]}
    if schema.get("default", ...) is None:
        del schema["default"]
    if parameter.get("in") == "path" and schema.get("type") == "string":
        schema = {"minLength": 1, "maxLength": MAX_SEGMENT_BYTES, **schema}
    return {**parameter, "schema": schema}


def _complete_successes(operation: Operation, document: Mapping[str, Any], method: str, keyed: bool) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            continue
        names = [REPLAYED_HEADER] if keyed and int(status) < 300 else []
        content = answer.get("content", {})
        if _has_version(content.get(JSON, {}).get("schema", {}), document):
            names.append("ETag")
        answer["headers"] = {**header_references(*names), **answer.get("headers", {})}
        answer["description"] = answer.get("description") or HTTPStatus(int(status)).phrase
        if method == "HEAD" or int(status) in (204, 304):
            answer.pop("content", None)


def _has_version(schema: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether the answer is one thing with a version, which its entity tag tells."""
    version = resolved(schema, document).get("properties", {}).get("version", {})
    return "integer" in (version.get("type"), *(choice.get("type") for choice in version.get("anyOf", ())))


def _of_framework(answer: Mapping[str, Any]) -> bool:
    schema = answer.get("content", {}).get(JSON, {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2] in FRAMEWORKS_OWN


def _ensure_unique(document: Mapping[str, Any]) -> None:
    seen: dict[str, str] = {}
    for method, path, operation in operations(document):
        name, place = operation["operationId"], f"{method} {path}"
        if name in seen:
            raise ValueError(f"{place} and {seen[name]} are both called {name}")
        seen[name] = place


def _make_plain(document: Mapping[str, Any]) -> None:
    """Whole numbers that come in are those that a double holds (`shared.web.input`), and no default is an object of
    several possible kinds."""
    seen: set[int] = set()
    pending: list[Any] = []
    for _, _, operation in operations(document):
        pending += [
            content.get("schema", {}) for content in operation.get("requestBody", {}).get("content", {}).values()
        ]
        pending += [parameter.get("schema", {}) for parameter in operation["parameters"]]
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        target = resolved(schema, document)
        if id(target) in seen:
            continue
        seen.add(id(target))
        if isinstance(target, dict) and isinstance(target.get("default"), dict) and {"oneOf", "anyOf"} & set(target):
            target["examples"] = [target.pop("default")]  # Generators of clients take no whole object for a default.
        if target.get("type") == "integer" and isinstance(target, dict) and "enum" not in target:
            if not {"minimum", "exclusiveMinimum"} & set(target):
                target["minimum"] = -LARGEST_INTEGER
            if not {"maximum", "exclusiveMaximum"} & set(target):
                target["maximum"] = LARGEST_INTEGER
        pending += target.get("properties", {}).values()
        for name in ("items", "additionalProperties"):
            pending.append(target.get(name))
        for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
            pending += target.get(name, ())
