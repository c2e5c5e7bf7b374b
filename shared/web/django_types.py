"""The types of JSON in bodies of the Django services, before the framework makes one of another.

By itself it takes `"7"`, `true` and `7.0` for 7, 7 for the text `"7"`, and `"yes"` for true, so that a body came back
as something else than was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from rest_framework import serializers

Errors = dict[str, Any]


def mistyped(serializer: serializers.BaseSerializer, data: Any) -> Errors:
    """What of a JSON body isn't of its field's type, as the framework has errors: by field, nested as the body is.

    Nothing is said of what is missing, null, or no field's: that is for the framework.
    """
    if not isinstance(serializer, serializers.Serializer) or not isinstance(data, dict) or isinstance(data, QueryDict):
        return {}  # A form has nothing but text.
    return {
        name: error
        for name, field in serializer.fields.items()
        if not field.read_only and data.get(name) is not None and (error := _error(field, data[name]))
    }


def _error(field: serializers.Field, value: Any) -> Any:
    """What is wrong with one value; nothing where it may be right."""
    if isinstance(field, serializers.Serializer):
        return mistyped(field, value)
    if isinstance(field, serializers.ListSerializer | serializers.ListField) and isinstance(value, list):
        return {str(place): error for place, each in enumerate(value) if (error := _error(field.child, each))}
    if isinstance(field, serializers.DictField) and isinstance(value, dict):
        return {name: error for name, each in value.items() if (error := _error(field.child, each))}
    for kind, right, message in RULES:
        if isinstance(field, kind) and value is not None and not right(value):
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
