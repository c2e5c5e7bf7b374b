"""Validation of a configuration by JSON Schema (Draft 2020-12), before it is published.

What a secret reference stands for isn't known then: only what can't be valid, whatever the secrets are, is refused.
All that a schema can make the service do is counted, and there is an end to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from services.config.domain.documents import MAX_SCHEMA_BYTES, check_document
from services.config.domain.keywords import MAY
from services.config.domain.patterns import check_pattern
from services.config.domain.work import MAX_WORK, TooMuchWork, work_limited
from shared.errors import ValidationFailed

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_ERRORS = 20
MAX_MESSAGE = 500
"""Characters of one message: it repeats what it is about, however long that is."""
MAX_PARTS = 1_000
"""Schemas within a schema: each takes a third of a millisecond to be checked."""
MAX_PATTERNS = 50
META: Any = Draft202012Validator
"""What a schema itself is validated by: without formats, because patterns are RE2's and not Python's."""
DATA = frozenset({"const", "enum", "default", "examples"})
"""Keywords that hold values, in which nothing is a schema."""


class InvalidSchema(ValidationFailed):
    """Not a JSON Schema, one that refers to something outside of itself, or one that takes too much work."""

    code = "invalid_schema"


class SchemaViolation(ValidationFailed):
    """The configuration isn't as its schema wants it; nothing was published."""

    code = "schema_violation"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise InvalidSchema for what isn't a schema, InvalidRegularExpression for patterns that can't be matched."""
    check_document(schema, MAX_SCHEMA_BYTES)
    dialect = schema.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.removesuffix("#") != DIALECT:
        raise InvalidSchema(f"a schema is of the dialect {DIALECT}")
    _check_keywords(schema)
    try:
        META(Draft202012Validator.META_SCHEMA).validate(schema)
    except ValidationError as error:
        raise InvalidSchema(error.message[:MAX_MESSAGE]) from error


def check_values(values: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise SchemaViolation, with the places, when the values can't be valid.

    A schema can't make us fetch anything: the registry of schemas is empty. Raises InvalidSchema for references that
    lead nowhere or never end, and for more than `MAX_WORK` steps.
    """
    check_schema(schema)
    try:
        with work_limited(values, schema):
            errors = list(islice(MAY(schema, registry=Registry()).iter_errors(values), MAX_ERRORS))
    except TooMuchWork as error:
        raise InvalidSchema(f"validating takes more than {MAX_WORK} steps: use fewer or simpler schemas") from error
    except Unresolvable as error:
        raise InvalidSchema(f"the schema refers to {error.ref}, which isn't in it") from error
    except RecursionError as error:
        raise InvalidSchema("the schema refers to itself without end") from error
    except ValueError as error:
        raise InvalidSchema("the schema has a reference that isn't a URI") from error
    if errors:
        raise SchemaViolation("the configuration does not match its schema", errors=[_shown(error) for error in errors])


def _shown(error: ValidationError) -> dict[str, str]:
    return {"field": ".".join(str(part) for part in error.absolute_path), "message": error.message[:MAX_MESSAGE]}


def _check_keywords(schema: Mapping[str, Any]) -> None:
    """Raise for patterns that can't be matched, for too many, and for what the library would match by itself."""
    patterns: set[str] = set()
    unevaluated = by_pattern = False
    for count, part in enumerate(_parts(schema)):
        if count == MAX_PARTS:
            raise InvalidSchema(f"a schema has at most {MAX_PARTS} parts")
        if isinstance(part, bool):
            continue
        named = part.get("patternProperties")
        patterns.update(named if isinstance(named, Mapping) else ())
        patterns.update([part["pattern"]] if isinstance(part.get("pattern"), str) else ())
        unevaluated |= "unevaluatedProperties" in part
        by_pattern |= isinstance(named, Mapping)
    if len(patterns) > MAX_PATTERNS:
        raise InvalidSchema(f"a schema has at most {MAX_PATTERNS} patterns")
    for pattern in patterns:
        check_pattern(pattern)
    if unevaluated and by_pattern:
        raise InvalidSchema("unevaluatedProperties and patternProperties can't be in one schema")


def _parts(schema: Any) -> Iterator[Mapping[str, Any] | bool]:
    """Everything in the schema that may be one itself."""
    waiting = [schema]
    while waiting:
        present = waiting.pop()
        if isinstance(present, Mapping):
            yield present
            waiting.extend(inner for name, inner in present.items() if name not in DATA)
        elif isinstance(present, bool):
            yield present
        elif isinstance(present, list):
            waiting.extend(present)
