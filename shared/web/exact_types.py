"""Numbers and truth values of JSON as what they are: text isn't made a number of, nor a number a truth value.

Pydantic by itself takes `"80"`, `true` and `80.0` for 80, and `"yes"` for true, so that a body came back as something
else than was sent. Strict as a whole it would refuse the text of dates and enumerations as well, which JSON has no
types for.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError, core_schema

STRICT = frozenset({"bool", "float"})
"""Pydantic's own strictness is right for these: a whole number is a float, nothing else is."""
NOT_SCHEMAS = frozenset({"metadata", "default", "serialization", "cls", "config", "ref", "expected"})


def exact(schema: Any) -> Any:
    """A core schema whose numbers and truth values take nothing else for one."""
    if isinstance(schema, list):
        return [exact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "int":
        return core_schema.no_info_before_validator_function(_number, schema)
    if kind == "function-before" and schema.get("function", {}).get("function") is _number:
        return schema
    changed = {key: _exact_part(key, value) for key, value in schema.items()}
    return {**changed, "strict": True} if kind in STRICT else changed


def _exact_part(key: str, value: Any) -> Any:
    """Of a schema: fields by their names, whatever they are called, other schemas, or what is none."""
    if key == "fields" and isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    return value if key in NOT_SCHEMAS else exact(value)


def _number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value
