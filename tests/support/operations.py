"""Every operation that a service's OpenAPI document promises, and requests that nobody would send in good faith."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

METHODS = ("get", "post", "put", "patch", "delete", "head")
PARAMETER = re.compile(r"\{[^}]*\}")


def _cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


SEGMENTS = (
    "%00", "a%00b", "%09", "%0A", "%7F", "%C3%A9", "%E9", "%ED%A0%80", "%F4%8F%BF%BF", "%zz", "%", "%2F", "%252F", ".",
    "%2E%2E", "-1", "0", "9" * 400, "x" * 1_000, "x" * 6_000, "'%3B--", "%25s", "null", "%20", "*", "a%2Cb",
)  # fmt: skip
"""Parts of a path, as they are sent."""
QUERY_VALUES = (
    "%00", "%E9", "%ED%A0%80", "%F4%8F%BF%BF", "", "-1", "0", "1e999", "NaN", "9" * 400, "x" * 3_000, "2" * 19,
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2020-02-30", "2020-01-01T00:00:00", "true", "%5B%5D",
    _cursor([]), _cursor([1]), _cursor(["a"]), _cursor(["a", "b", "c", "d"]), _cursor(["9" * 400, "x"]),
    _cursor({"a": 1}),
    _cursor(["\x00"]), _cursor(["not a time", "1"]), _cursor(["9999999999999999999"]), "!!!!", "%C2%B2", "%EF%BC%91",
)  # fmt: skip
HEADER_VALUES = (
    "\x00",
    "\xe9",
    "²",
    "9" * 5_000,
    "-1",
    "",
    '"' + "9" * 5_000 + '"',
    'W/"1"',
    '"1", "2"',
    "*, *",
    "x" * 300,
)
HEADERS = (
    "If-Match",
    "Idempotency-Key",
    "X-Request-Deadline-Ms",
    "X-Correlation-Id",
    "If-None-Match",
    "Range",
    "traceparent",
)
RAW_VALUES = (
    "null", "true", "-1", "0", "1.5", "9007199254740991", "9007199254740992", "-9007199254740991", "1e308", "1e999",
    "NaN", '"\\\\u0000"',
    '""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\U0010ffff"', '"\u200d"', '"../../etc"', '"-1"', '"1e400"',
    '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"', '"2020-02-30T00:00:00Z"', '"١٢"', '"1_000"', "[]", "{}",
    "[null]",
    '{"a": {"b": [[[]]]}}', '"' + "x" * 5_000 + '"', "[" * 1_000 + "]" * 1_000, '[{"a": 1e-400}]', '{"\\u0000": 1}',
)  # fmt: skip
"""JSON for one member of a body, as it is sent."""
RAW_BODIES = ("", "{", "null", "[]", '"x"', "1e999", '{"a": 1, "a": 2}', "[" * 100_000, "\ufeff{}")


@dataclass(frozen=True)
class Operation:
    """A method and a path of a service, with the names of its query's parameters and the schema of its JSON body."""

    service: str
    method: str
    path: str
    query: tuple[str, ...]
    body: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """For people: `POST /v1/instances`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Request:
    """What is sent: path and query as they go over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


def operations_of(service: str, document: Mapping[str, Any]) -> list[Operation]:
    """What the document promises, in its order."""
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                declared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                names = (str(parameter["name"]) for parameter in declared if parameter.get("in") == "query")
                content = item[method].get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema")
                found.append(Operation(service, method.upper(), path, tuple(names), _resolved(schema, document)))
    return found


def hostile_requests(operation: Operation, number: int, seed: str) -> Iterator[Request]:
    """So many requests with something in them that isn't as it should be, the same for the same seed."""
    dice = random.Random(f"{seed} {operation.service} {operation.name}")
    kinds: list[Any] = [_in_query, _in_header]
    kinds += [_in_path] * (2 if "{" in operation.path else 0)
    kinds += [_in_body] * (3 if operation.body is not None else 0)
    for _ in range(number):
        yield dice.choice(kinds)(operation, dice)


def _in_path(operation: Operation, dice: random.Random) -> Request:
    path = PARAMETER.sub(lambda _: dice.choice(SEGMENTS), operation.path)
    return Request(operation.method, _target(operation, path), body=_body(operation))


def _in_query(operation: Operation, dice: random.Random) -> Request:
    names = [*operation.query, "limit", "cursor"] if operation.method == "GET" else [*operation.query, "unknown"]
    query = f"{quote(dice.choice(names))}={dice.choice(QUERY_VALUES)}"
    return Request(operation.method, f"{_target(operation, _plain(operation))}?{query}", body=_body(operation))


def _in_header(operation: Operation, dice: random.Random) -> Request:
    header = (dice.choice(HEADERS), dice.choice(HEADER_VALUES))
    return Request(operation.method, _target(operation, _plain(operation)), (header,), _body(operation))


def _in_body(operation: Operation, dice: random.Random) -> Request:
    members = list((operation.body or {}).get("properties", {}).items())
    if not members or dice.random() < 0.15:
        return Request(operation.method, _target(operation, _plain(operation)), body=dice.choice(RAW_BODIES))
    name, _ = dice.choice(members)
    required = set((operation.body or {}).get("required", ()))
    parts = [
        f"{json.dumps(member)}: {dice.choice(RAW_VALUES) if member == name else json.dumps(example(schema))}"
        for member, schema in members
        if member == name or member in required
    ]
    return Request(operation.method, _target(operation, _plain(operation)), body="{" + ", ".join(parts) + "}")


def _plain(operation: Operation) -> str:
    return PARAMETER.sub("x-1", operation.path)


def _target(operation: Operation, path: str) -> str:
    return f"/api/{operation.service}{path}"


def _body(operation: Operation) -> str | None:
    return None if operation.body is None else json.dumps(example(operation.body))


def example(schema: Mapping[str, Any]) -> Any:
    """A value of about the right shape."""
    if "default" in schema:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return example(schema[choice][0])
    match schema.get("type"):
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case "array":
            return [example(schema.get("items", {}))]
        case "object":
            required: Sequence[str] = schema.get("required", ())
            return {name: example(inner) for name, inner in schema.get("properties", {}).items() if name in required}
        case _:
            return "2020-01-01T00:00:00Z" if schema.get("format") == "date-time" else "example"


def _resolved(schema: Any, document: Mapping[str, Any], depth: int = 0) -> Any:
    """The schema with its references followed, as deep as a body is likely to be."""
    if not isinstance(schema, dict) or depth > 6:
        return schema if not isinstance(schema, dict) else {}
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(target, document, depth + 1)
    return {
        key: {name: _resolved(inner, document, depth + 1) for name, inner in value.items()}
        if key == "properties"
        else [_resolved(inner, document, depth + 1) for inner in value]
        if key in ("anyOf", "oneOf", "allOf")
        else _resolved(value, document, depth + 1)
        if key == "items"
        else value
        for key, value in schema.items()
    }
