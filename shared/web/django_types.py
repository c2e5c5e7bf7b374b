"""The types and names of JSON in bodies of the Django services, before the framework makes one of another.

By itself it takes `"7"`, `true` and `7.0` for 7, 7 for the text `"7"`, and `"yes"` for true, so that a body came back
as something else than was sent; and what has no field it passes over, so that a misspelt one did what its default does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from rest_framework import serializers

Errors = dict[str, Any]

UNKNOWN = "Extra inputs are not permitted"
"""Of a name that no field has, in the words of the FastAPI services (`shared.web.schemas.Body`)."""


def mistyped(serializer: serializers.BaseSerializer, data: Any) -> Errors:
    """What of a JSON body isn't of its field's type or is no field's, as the framework has errors: by field, nested as
    the body is.

    Nothing is said of what is missing or null: that is for the framework. Maps may have any names.
    """
    if not isinstance(serializer, serializers.Serializer) or not isinstance(data, dict) or isinstance(data, QueryDict):
        return {}  # A form has nothing but text.
    taken = {name: field for name, field in serializer.fields.items() if not field.read_only}
    return {
        name: error
        for name, value in data.items()
        if (error := _error(taken[name], value) if name in taken else [UNKNOWN])
    }


def _error(field: serializers.Field, value: Any) -> Any:
    """What is wrong with one value; nothing where it may be right, as null may."""
    if value is None:
        return None
    if isinstance(field, serializers.Serializer):
        return mistyped(field, value)
    if isinstance(field, serializers.ListSerializer | serializers.ListField) and isinstance(value, list):
        return {str(place): error for place, each in enumerate(value) if (error := _error(field.child, each))}
    if isinstance(field, serializers.DictField) and isinstance(value, dict):
        return {name: error for name, each in value.items() if (error := _error(field.child, each))}
    for kind, right, message in RULES:
        if isinstance(field, kind) and not right(value):
            return [message]
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


RULES: tuple[tuple[type[serializers.Field], Callable[[Any], bool], str], ...] = (
    (serializers.BooleanField, lambda value: isinstance(value, bool), "Must be a valid boolean."),
    (serializers.IntegerField, _is_number, "A valid integer is required."),
    (serializers.FloatField, _is_number, "A valid number is required."),
    (serializers.CharField, lambda value: isinstance(value, str), "Not a valid string."),
)
"""Kinds of fields, and what JSON has for them. A whole number may be written `7.0`."""
