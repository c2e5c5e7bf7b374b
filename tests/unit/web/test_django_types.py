"""Bodies of the Django services have no fields but those that there are, at any depth."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from rest_framework import serializers

from shared.web.django_fields import AnyValue, JsonObject
from shared.web.django_types import mistyped

UNKNOWN = ["Extra inputs are not permitted"]
"""In the words of the FastAPI services."""


@pytest.fixture(autouse=True, scope="module")
def configured() -> None:
    """The framework asks its settings for the words of its messages."""
    if not settings.configured:
        settings.configure(USE_I18N=False)


class Condition(serializers.Serializer):
    """A part of a body."""

    field = serializers.CharField()
    value = AnyValue(required=False)


class Outer(serializers.Serializer):
    """Every kind of place that a name may stand in; nothing is needed."""

    id = serializers.CharField(read_only=True)
    period = serializers.CharField(required=False, allow_null=True)
    inner = Condition(required=False, allow_null=True)
    several = Condition(many=True, required=False)
    labels = serializers.DictField(child=serializers.CharField(), required=False)
    parts = serializers.DictField(child=Condition(), required=False)
    metadata = JsonObject(required=False)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"perod": "2026-03"}, {"perod": UNKNOWN}),
        ({"perod": None}, {"perod": UNKNOWN}),
        ({"period": "2026-03", "Period": "2026-04"}, {"Period": UNKNOWN}),
        ({"id": "mine"}, {"id": UNKNOWN}),
        ({"inner": {"field": "a", "valeu": 1}}, {"inner": {"valeu": UNKNOWN}}),
        ({"several": [{"field": "a"}, {"field": "b", "x": 1}]}, {"several": {"1": {"x": UNKNOWN}}}),
        ({"parts": {"one": {"field": "a", "x": 1}}}, {"parts": {"one": {"x": UNKNOWN}}}),
        ({"period": 7, "x": 1}, {"period": ["Not a valid string."], "x": UNKNOWN}),
    ],
)
def test_a_name_that_no_field_has_is_refused_where_it_stands(body: dict[str, Any], errors: dict[str, Any]) -> None:
    assert mistyped(Outer(data=body), body) == errors


def test_maps_have_any_names() -> None:
    free = {"field": "a", "value": {"any": 1}}
    body = {
        **{"period": None, "inner": None, "several": [free], "parts": {"any": free}},
        **{"labels": {"any": "text"}, "metadata": {"any": {"thing": [1]}}},
    }
    assert mistyped(Outer(data=body), body) == {}
