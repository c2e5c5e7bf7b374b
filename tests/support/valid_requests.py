"""Requests in good faith: all that an OpenAPI document asks for, drawn by its schemas, and nothing else.

Ids are those of nothing that there is. Left out is what no schema can say: a cursor comes from the page before, a
deadline may be too short, a digest is that of a content, and times are in the years that a platform lives in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

LARGEST = 2**53 - 1
"""I-JSON, RFC 7493 §2.2."""
NOT_DRAWN = frozenset({"cursor", "x-tenant-id", "x-request-deadline-ms", "content-md5"})
TEXT = st.characters(codec="utf-8", exclude_characters="\x00")
"""Text of JSON that can be stored: no NUL."""
SEGMENT = st.from_regex(r"\A[a-z]{1,8}-[A-Za-z0-9_-]{1,24}\Z")
FEW = 3
"""Members of a list or an object beyond those that there must be."""
LONGEST = 1_200
"""Characters of a text that is drawn as long as may be."""

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class ValidRequest:
    """A request that the document allows."""

    target: str
    params: Mapping[str, str | list[str]]
    headers: Mapping[str, str]
    content: bytes | None
    media_type: str | None

    def options(self) -> dict[str, Any]:
        """For the client."""
        kind = {} if self.media_type is None else {"Content-Type": self.media_type}
        # Bytes, since the client takes no other text than ASCII.
        headers = {name: value.encode() for name, value in {**kind, **self.headers}.items()}
        return {"params": dict(self.params), "headers": headers, "content": self.content}


class Drawing:
    """Strategies for what a document's schemas allow."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def requests(self, path: str, operation: Schema, number: int, seed_of: str) -> list[ValidRequest]:
        """So many requests, the same for the same seed."""
        found: list[ValidRequest] = []

        @seed(int.from_bytes(seed_of.encode()[-64:]))
        @settings(
            max_examples=number, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(self._request(path, operation))
        def collect(request: ValidRequest) -> None:
            found.append(request)

        collect()
        return found

    def _request(self, path: str, operation: Schema) -> st.SearchStrategy[ValidRequest]:
        declared = [self._resolved(each) for each in operation.get("parameters", ())]
        asked = [each for each in declared if each["name"].lower() not in NOT_DRAWN]
        places = {
            place: self._members(
                {each["name"]: self._parameter(each) for each in asked if each["in"] == place},
                {each["name"] for each in asked if each["in"] == place and each.get("required")},
            )
            for place in ("path", "query", "header")
        }
        kinds = operation.get("requestBody", {}).get("content", {})
        media_type = next((kind for kind in ("application/json", "application/octet-stream") if kind in kinds), None)
        content: st.SearchStrategy[bytes | None] = st.none()
        if media_type == "application/json":
            content = self.value(kinds[media_type]["schema"]).map(lambda body: json.dumps(body).encode())
        elif media_type is not None:
            content = st.binary(max_size=20)

        def made(parts: Mapping[str, Mapping[str, Any]], sent: bytes | None) -> ValidRequest:
            filled = path
            for name, value in parts["path"].items():
                filled = filled.replace("{" + name + "}", quote(_text(value), safe=""))
            query = {name: _all_of(value) for name, value in parts["query"].items()}
            headers = {name: _text(value) for name, value in parts["header"].items()}
            return ValidRequest(filled, query, headers, sent, media_type)

        return st.builds(made, st.fixed_dictionaries(places), content)

    def _parameter(self, parameter: Schema) -> st.SearchStrategy[Any]:
        schema = self._resolved(parameter["schema"])
        plain = schema.get("type") == "string" and not {"pattern", "enum", "format", "const"} & set(schema)
        if parameter["in"] == "path" and plain:
            return SEGMENT
        if parameter["in"] == "header" and plain:
            return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
        if parameter["in"] == "header":
            return self.value(schema).filter(_can_be_sent)
        return self.value(schema)

    def value(self, schema: Schema) -> st.SearchStrategy[Any]:
        """Values that a schema allows."""
        schema = self._resolved(schema)
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for choice in ("anyOf", "oneOf"):
            if schema.get(choice):
                shared = {
                    name: each for name, each in schema.items() if name not in (choice, "default", "discriminator")
                }
                return st.one_of([self.value({**shared, **self._resolved(each)}) for each in schema[choice]])
        if schema.get("allOf"):
            whole: dict[str, Any] = {name: each for name, each in schema.items() if name != "allOf"}
            for each in schema["allOf"]:
                whole.update(self._resolved(each))
            return self.value(whole)
        kind = schema.get("type")
        if isinstance(kind, list):
            return st.one_of([self.value({**schema, "type": each}) for each in kind])
        return self._of_kind(kind, schema)

    def _of_kind(self, kind: str | None, schema: Schema) -> st.SearchStrategy[Any]:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return _integers(schema)
            case "number":
                return _numbers(schema)
            case "string":
                return _strings(schema)
            case "array":
                least = schema.get("minItems", 0)
                most = min(schema.get("maxItems", least + FEW), least + FEW)
                same = json.dumps if schema.get("uniqueItems") else None
                return st.lists(self.value(schema.get("items", {})), min_size=least, max_size=most, unique_by=same)
            case "object":
                return self._object(schema)
            case _:
                return st.one_of(st.none(), st.booleans(), st.integers(-LARGEST, LARGEST), st.text(TEXT, max_size=8))

    def _object(self, schema: Schema) -> st.SearchStrategy[Any]:
        properties = {
            name: self.value(each) for name, each in schema.get("properties", {}).items() if not each.get("readOnly")
        }
        known = self._members(properties, set(schema.get("required", ())))
        others = schema.get("additionalProperties", not properties)
        if others is False or (properties and others is True):
            return known
        names = self.value({"type": "string", "minLength": 1, "maxLength": 20, **schema.get("propertyNames", {})})
        least = schema.get("minProperties", 0)
        most = min(schema.get("maxProperties", least + FEW), least + FEW)
        each = self.value(others if isinstance(others, Mapping) else {})
        further = st.dictionaries(names, each, min_size=least, max_size=most)
        return st.builds(lambda one, two: {**two, **one}, known, further)

    def _members(self, members: Mapping[str, Any], required: set[str]) -> st.SearchStrategy[dict[str, Any]]:
        """Those that there must be, and any of the others."""
        needed = {name: each for name, each in members.items() if name in required}
        return st.fixed_dictionaries(needed, optional={n: each for n, each in members.items() if n not in required})

    def _resolved(self, part: Any) -> Schema:
        while "$ref" in part:
            target: Any = self._document
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = {**target, **{name: each for name, each in part.items() if name != "$ref"}}
        return dict(part)


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    least, most = _bounds(schema)
    return st.sampled_from([int(least), int(most)]) | st.integers(int(least), int(most))


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    least, most = _bounds(schema)
    step = schema.get("multipleOf")
    if step is not None:
        return st.integers(round(least / step), round(most / step)).map(lambda count: round(count * step, 9))
    return st.floats(
        least, most, allow_nan=False, allow_infinity=False, allow_subnormal=False,
        exclude_min="exclusiveMinimum" in schema, exclude_max="exclusiveMaximum" in schema,
    )  # fmt: skip


def _bounds(schema: Schema) -> tuple[float, float]:
    whole = 1 if schema.get("type") == "integer" or "multipleOf" in schema else 0
    step = schema.get("multipleOf", 1) * whole
    least = schema.get("minimum", schema.get("exclusiveMinimum", -LARGEST - step) + step)
    most = schema.get("maximum", schema.get("exclusiveMaximum", LARGEST + step) - step)
    return max(least, -LARGEST), min(most, LARGEST)


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    least, longest = schema.get("minLength", 0), schema.get("maxLength")
    most = least + 12 if longest is None else min(longest, least + 12)
    if schema.get("format") == "date-time":
        zone = st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))])
        seconds = st.integers(0, 100 * 365 * 86_400)
        return st.builds(
            lambda passed, at: datetime.fromtimestamp(passed, UTC).astimezone(at).isoformat(), seconds, zone
        )
    if schema.get("contentEncoding") == "base64":
        return st.sampled_from(["", "YQ==", "YWI=", "YWJj"])
    if "pattern" in schema:
        # In ECMA-262, whose patterns these are, `$` is the end of the text and nothing before it.
        pattern = schema["pattern"]
        ends = pattern.endswith("$") and not pattern.endswith("\\$")
        found = st.from_regex(pattern[:-1] + r"\Z" if ends else pattern, alphabet=TEXT)
        return found.filter(lambda text: least <= len(text) <= (len(text) if longest is None else longest))
    plain = st.text(TEXT, min_size=least, max_size=most)
    if longest is None or longest > LONGEST:
        return plain
    return plain | st.sampled_from("aé").map(lambda letter: letter * longest)


def _text(value: Any) -> str:
    """As it stands in a target or a header."""
    return value if isinstance(value, str) else json.dumps(value)


def _can_be_sent(value: Any) -> bool:
    """Whether it may be a header's value as it is: blanks at its ends are none of it (RFC 9110 §5.5)."""
    text = _text(value)
    return text.isascii() and text.isprintable() and text.strip() == text


def _all_of(value: Any) -> str | list[str]:
    """One value of a query, or a name's several."""
    return [_text(each) for each in value] if isinstance(value, list) else _text(value)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and operation, in the document's order."""
    for path, item in document["paths"].items():
        for method in ("get", "head", "post", "put", "patch", "delete"):
            if method in item:
                yield (
                    method.upper(),
                    path,
                    {**item[method], "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())]},
                )
