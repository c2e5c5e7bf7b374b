"""The OpenAPI document of a Django service."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import CharField, ListField, ListSerializer, RegexField

from shared.web.idempotency import MUTATING_METHODS
from shared.web.openapi import KEYED, completed

NOT_BLANK = {"minLength": 1, "pattern": r"\S"}
"""What the framework asks of text that may not be blank, after it has taken the blanks off its ends."""


class DeclaredSchema(AutoSchema):
    """An operation with what its end point says of itself (`shared.web.django_views.endpoint`)."""

    def get_operation(self, *arguments: Any, **keywords: Any) -> Any:
        """The framework's operation, and the end point's own words."""
        operation = super().get_operation(*arguments, **keywords)
        method = getattr(self.view, self.method.lower(), None)
        if operation is not None:
            operation |= getattr(method, "declared", {})
            operation[KEYED] = self.method in MUTATING_METHODS and getattr(self.view, "keyed", False)
        return operation

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """The framework's, with what it asks of what comes in and doesn't say: text that isn't blank, lists that aren't
        empty, and not too many of anything."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if direction == "request" and isinstance(field, CharField) and not field.allow_blank:
            schema |= {"minLength": 1} if isinstance(field, RegexField) else NOT_BLANK
        if direction == "request" and isinstance(field, ListField | ListSerializer):
            schema |= {"minItems": 1} if not field.allow_empty else {}
            schema |= {"maxItems": field.max_length} if field.max_length is not None else {}
        return schema

    def resolve_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """The framework's, closed where it comes in: other names than its fields' are refused."""
        component = super().resolve_serializer(serializer, direction, bypass_extensions)
        if direction == "request" and component.schema:
            component.schema["additionalProperties"] = False
        return component

    def get_tags(self) -> list[str]:
        """None: they are made of the path, as every service's are."""
        return []


@cache
def _document(service: str) -> bytes:
    """Made once, since end points are all there before the first request."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(completed(json.loads(json.dumps(document)), service, negotiates=True)).encode()


def openapi_document(_request: HttpRequest, service: str) -> HttpResponse:
    """The document."""
    return HttpResponse(_document(service), content_type="application/json")
