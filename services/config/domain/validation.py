"""Validation of a configuration by JSON Schema (Draft 2020-12), before it is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from services.config.domain.references import is_reference
from shared.errors import ValidationFailed

MAX_ERRORS = 20


class InvalidSchema(ValidationFailed):
    """Not a JSON Schema, or one that refers to something outside of itself."""

    code = "invalid_schema"


class SchemaViolation(ValidationFailed):
    """The configuration isn't as its schema wants it; nothing was published."""

    code = "schema_violation"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise InvalidSchema for what isn't a schema."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidSchema(error.message) from error


def check_values(values: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise SchemaViolation, with the places, unless the values are valid.

    What a secret reference stands for isn't known when it is published, so a reference is valid wherever a value is.
    A schema can't make us fetch anything: the registry of schemas is empty.
    """
    check_schema(schema)
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        errors = [error for error in validator.iter_errors(values) if not is_reference(error.instance)]
    except Unresolvable as error:
        raise InvalidSchema(f"the schema refers to {error.ref}, which isn't in it") from error
    if errors:
        shown = [_shown(error) for error in errors[:MAX_ERRORS]]
        raise SchemaViolation("the configuration does not match its schema", errors=shown)


def _shown(error: ValidationError) -> dict[str, str]:
    return {"field": ".".join(str(part) for part in error.absolute_path), "message": error.message}
