"""What goes over the wire."""

from __future__ import annotations

from rest_framework import serializers

from shared.web.django_fields import JsonObject

MAX_INT = 2**31 - 1


class LayerSet(serializers.Serializer):
    """The values of a layer, all of them."""

    values = JsonObject()


class LayerOut(serializers.Serializer):
    """A layer."""

    environment = serializers.CharField(source="environment.name")
    layer = serializers.CharField(source="name")
    values = JsonObject()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class Publication(serializers.Serializer):
    """Publish; a schema that is given holds from now on."""

    schema = JsonObject(required=False, allow_null=True, default=None)


class Rollback(serializers.Serializer):
    """To which revision."""

    revision = serializers.IntegerField(min_value=1, max_value=MAX_INT)


class RevisionOut(serializers.Serializer):
    """What was published; secret references are not resolved in it."""

    id = serializers.CharField()
    environment = serializers.CharField(source="environment.name")
    revision = serializers.IntegerField()
    values = JsonObject()
    rolled_back_to = serializers.IntegerField(allow_null=True)
    published_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class EffectiveOut(serializers.Serializer):
    """The configuration in force."""

    environment = serializers.CharField()
    revision = serializers.IntegerField()
    values = JsonObject()


class ExplanationOut(serializers.Serializer):
    """What a publication would contain now, and which layer sets each top-level key."""

    environment = serializers.CharField()
    values = JsonObject()
    origins = serializers.DictField(child=serializers.CharField())


class EnvironmentOut(serializers.Serializer):
    """An environment."""

    id = serializers.CharField()
    name = serializers.CharField()
    revision = serializers.IntegerField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class FlagSet(serializers.Serializer):
    """How a flag is set."""

    enabled = serializers.BooleanField()
    percentage = serializers.IntegerField(max_value=MAX_INT, default=100)


class FlagOut(serializers.Serializer):
    """A flag."""

    id = serializers.CharField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    percentage = serializers.IntegerField()
    version = serializers.IntegerField()


class FlagAnswer(serializers.Serializer):
    """Whether a flag is on for a subject."""

    flag = serializers.CharField()
    subject = serializers.CharField()
    enabled = serializers.BooleanField()
