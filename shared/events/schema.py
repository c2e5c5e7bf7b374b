"""What the data of each event type looks like: one JSON Schema (Draft 2020-12) a type, in the folder beside this file.

Events are checked when they are published and again when they are received. A schema only ever grows: see
`ensure_compatible`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from shared.errors import OmniCloudError
from shared.events.envelope import Event, InvalidEvent, parse_time, service_of

FOLDER = Path(__file__).parent / "schemas"
COMMON = ("usage.recorded",)
"""Types that several services publish with the same data; their file has the name without the service."""
ANNOTATIONS = frozenset({"title", "description", "examples", "deprecated", "$comment", "$id", "$schema"})
"""Keywords that say something to people and nothing to a validator."""
MAX_COMPLAINTS = 5

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_FORMATS = FormatChecker()


class UnknownEventType(OmniCloudError):
    """There is no schema for the type."""

    code = "unknown_event_type"


class InvalidEventData(OmniCloudError):
    """The data doesn't satisfy the schema of its type; `errors` lists where and why, without the values."""

    code = "invalid_event_data"


class InvalidSchema(OmniCloudError):
    """A schema file isn't a schema."""

    code = "invalid_event_schema"


class IncompatibleSchema(OmniCloudError):
    """A change to a schema that older producers or consumers could not live with."""

    code = "incompatible_event_schema"


@_FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    """RFC 3339 §5.6: date, time and an offset."""
    if not isinstance(value, str):
        return True
    try:
        parse_time(value)
    except InvalidEvent:
        return False
    return True


@_FORMATS.checks("decimal")
def _is_decimal(value: object) -> bool:
    """A decimal number as text, as quantities and money travel; never an exponent, never NaN."""
    return not isinstance(value, str) or _DECIMAL.fullmatch(value) is not None


def schema_name(event_type: str) -> str:
    """The name of a type's schema file. Raises InvalidEvent for a type of another form."""
    service = service_of(event_type)
    rest = event_type.removeprefix(f"{service}.")
    return rest if rest in COMMON else event_type


@cache
def validator_for(event_type: str) -> Draft202012Validator:
    """The compiled validator of a type; read once a process. Raises UnknownEventType or InvalidSchema."""
    path = FOLDER / f"{schema_name(event_type)}.json"
    try:
        schema = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise UnknownEventType(f"there is no schema {path.name} for {event_type}") from error
    except ValueError as error:
        raise InvalidSchema(f"{path.name} isn't JSON: {error}") from error
    return compile_schema(schema, path.name)


def compile_schema(schema: Mapping[str, Any], name: str) -> Draft202012Validator:
    """A validator that also checks formats. Raises InvalidSchema."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidSchema(f"{name} is no JSON Schema: {error.message} at {error.json_path}") from error
    return Draft202012Validator(schema, format_checker=_FORMATS)


def validate(event_type: str, data: Mapping[str, Any]) -> None:
    """Check the data of an event. Raises UnknownEventType, or InvalidEventData with every complaint (at most five)."""
    errors = sorted(validator_for(event_type).iter_errors(data), key=lambda error: error.json_path)
    if errors:
        complaints = list(dict.fromkeys(_complaint(error) for error in errors))[:MAX_COMPLAINTS]
        raise InvalidEventData(f"the data of {event_type} is refused: {'; '.join(complaints)}", errors=complaints)


def validate_event(event: Event) -> Event:
    """The event as it is, when its data satisfies its type. Raises UnknownEventType or InvalidEventData."""
    validate(event.type, event.data)
    return event


def _complaint(error: ValidationError) -> str:
    """Where and which rule; never the value, which may be one that must not be logged."""
    if error.validator == "required":
        required, present = cast(list[str], error.validator_value), cast(Mapping[str, Any], error.instance)
        missing = ", ".join(name for name in required if name not in present)
        return f"{error.json_path}: must have {missing}"
    return f"{error.json_path}: must satisfy {error.validator} {json.dumps(error.validator_value)}"


def ensure_compatible(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "$") -> None:
    """Raise IncompatibleSchema unless `new` only adds to `old`.

    Add-only evolution: new optional properties may come, annotations may change; nothing else. So a consumer with
    either schema reads events of producers with either (what schema registries call full compatibility). Whoever
    needs more makes a new event type.
    """
    _same(path, "required", sorted(old.get("required", ())), sorted(new.get("required", ())))
    old_properties, new_properties = old.get("properties", {}), new.get("properties", {})
    removed = sorted(set(old_properties) - set(new_properties))
    if removed:
        raise IncompatibleSchema(f"{path}: {', '.join(removed)} was removed")
    for name, schema in old_properties.items():
        ensure_compatible(schema, new_properties[name], f"{path}.{name}")
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        ensure_compatible(old["items"], new["items"], f"{path}[*]")
    else:
        _same(path, "items", old.get("items"), new.get("items"))
    for keyword in sorted((set(old) | set(new)) - ANNOTATIONS - {"required", "properties", "items"}):
        _same(path, keyword, old.get(keyword), new.get(keyword))


def _same(path: str, keyword: str, old: object, new: object) -> None:
    if old != new:
        raise IncompatibleSchema(f"{path}: {keyword} was {json.dumps(old)} and would be {json.dumps(new)}")
