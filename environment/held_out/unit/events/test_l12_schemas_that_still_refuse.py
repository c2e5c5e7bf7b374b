"""Schemas can be compiled, and what is compiled takes what it should and refuses what it shouldn't."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.events.schema import FOLDER, InvalidSchema, compile_schema

LISTS = {
    "type": "object",
    "properties": {
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        "at": {"type": "string", "format": "date-time"},
        "amount": {"type": "string", "format": "decimal"},
    },
    "required": ["tags"],
    "unevaluatedProperties": False,
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_schema_can_be_compiled(path: Any) -> None:
    assert compile_schema(json.loads(path.read_text("utf-8")), path.name).is_valid({}) in (True, False)


@pytest.mark.parametrize(
    "data",
    [
        {"tags": ["a"]},
        {"tags": ["a", "b"], "pair": [1, "x"], "at": "2025-03-01T00:00:00Z", "amount": "1.50"},
        {"tags": ["a"], "pair": []},
    ],
)
def test_what_satisfies_its_schema_is_valid(data: dict[str, Any]) -> None:
    assert compile_schema(LISTS, "lists.json").is_valid(data)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"tags": []},
        {"tags": "a"},
        {"tags": {"a": 1}},
        {"tags": ["a", "a"]},
        {"tags": [1]},
        {"tags": ["a"], "pair": ["x", 1]},
        {"tags": ["a"], "pair": [1, "x", 2]},
        {"tags": ["a"], "at": "yesterday"},
        {"tags": ["a"], "amount": "1e3"},
        {"tags": ["a"], "other": 1},
    ],
)
def test_what_does_not_is_refused(data: dict[str, Any]) -> None:
    assert not compile_schema(LISTS, "lists.json").is_valid(data)


@pytest.mark.parametrize("schema", [{"type": "list"}, {"required": "tags"}, {"properties": []}])
def test_what_is_no_schema_is_not_compiled(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchema):
        compile_schema(schema, "broken.json")
