"""What goes over the wire. Messages about a refused body never repeat what was in it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from services.secrets.domain.paths import CAPABILITIES
from shared.web.django_fields import AnyValue, Text

NAME_LENGTH = 200
KEY_NAME = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
MAX_INT = 2**31 - 1
MAX_VERSIONS = 100
"""Versions that one request changes."""
MAX_SUBJECTS = 100
"""Subjects of one path policy; all policies are looked at with every read."""


@extend_schema_field({"type": "object", "minProperties": 1, "additionalProperties": True})
class SecretData(serializers.Field):
    """The fields of a secret: a JSON object with at least one."""

    default_error_messages = {"invalid": "data is a JSON object with at least one field"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or not data:
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "string", "contentEncoding": "base64"})
class Base64(serializers.Field):
    """Bytes, in base64."""

    default_error_messages = {"invalid": "this is not base64"}

    def to_internal_value(self, data: Any) -> bytes:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError):
            self.fail("invalid")
            raise

    def to_representation(self, value: bytes) -> str:
        return base64.b64encode(value).decode()


class SecretWrite(serializers.Serializer):
    """The next version of a secret; `cas` is the version it is built upon, 0 for "there is none yet"."""

    data = SecretData()
    cas = serializers.IntegerField(min_value=0, max_value=MAX_INT, allow_null=True, default=None)


class SecretOut(serializers.Serializer):
    """What is known of a secret, without its values."""

    id = serializers.CharField()
    path = serializers.CharField()
    version = serializers.IntegerField(source="current_version")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SecretValueOut(serializers.Serializer):
    """A version of a secret with its values."""

    path = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.CharField()
    data = serializers.DictField(child=AnyValue())


class VersionItem(serializers.Serializer):
    """A version of a secret, without its values."""

    version = serializers.IntegerField()
    created_at = serializers.CharField()
    deleted = serializers.BooleanField()
    destroyed = serializers.BooleanField()
    valid_until = serializers.CharField(allow_null=True)


class VersionsOut(serializers.Serializer):
    """All versions; `valid_versions` are those a verifier accepts now, newest first."""

    path = serializers.CharField()
    current_version = serializers.IntegerField()
    valid_versions = serializers.ListField(child=serializers.IntegerField())
    items = VersionItem(many=True)


class VersionNumbers(serializers.Serializer):
    """Versions to change."""

    versions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_INT), allow_empty=False, max_length=MAX_VERSIONS
    )


class Rotation(serializers.Serializer):
    """Give a field a fresh value; the version before stays good for a while. A hundred versions are kept."""

    field = Text(max_length=NAME_LENGTH)
    length = serializers.IntegerField(min_value=16, max_value=256, default=32)
    overlap_seconds = serializers.IntegerField(max_value=MAX_INT, default=3600)


class KeyCreate(serializers.Serializer):
    """A new key."""

    name = serializers.RegexField(KEY_NAME)


class KeyOut(serializers.Serializer):
    """A key."""

    id = serializers.CharField()
    name = serializers.CharField()
    key_version = serializers.IntegerField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class Plaintext(serializers.Serializer):
    """What is in the clear."""

    plaintext = Base64()


class Ciphertext(serializers.Serializer):
    """What only the key's owner can read: `vault:v<key version>:…`."""

    ciphertext = serializers.CharField()


class PolicyCreate(serializers.Serializer):
    """Who may do what under a pattern of paths."""

    pattern = Text(max_length=NAME_LENGTH * 2)
    subjects = serializers.ListField(child=Text(max_length=NAME_LENGTH), allow_empty=False, max_length=MAX_SUBJECTS)
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(choices=CAPABILITIES), max_length=len(CAPABILITIES)
    )


class PolicyOut(serializers.Serializer):
    """A path policy."""

    id = serializers.CharField()
    pattern = serializers.CharField()
    subjects = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class TokenCreate(serializers.Serializer):
    """A new token."""

    name = Text(max_length=NAME_LENGTH)
    parent_id = serializers.CharField(allow_null=True, default=None)


class TokenOut(serializers.Serializer):
    """A token that leases are made under."""

    id = serializers.CharField()
    name = serializers.CharField()
    parent_id = serializers.CharField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class LeaseCreate(serializers.Serializer):
    """A new lease."""

    token_id = serializers.CharField()
    engine = serializers.ChoiceField(choices=["password", "database"], default="password")
    ttl_seconds = serializers.IntegerField(max_value=MAX_INT, default=3600)
    max_ttl_seconds = serializers.IntegerField(max_value=MAX_INT, default=86400)


class Renewal(serializers.Serializer):
    """A request for more time."""

    increment_seconds = serializers.IntegerField(max_value=MAX_INT)


class LeaseOut(serializers.Serializer):
    """A lease, without what it stands for."""

    id = serializers.CharField()
    token_id = serializers.CharField()
    engine = serializers.CharField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    max_ttl_seconds = serializers.IntegerField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class CredentialsOut(serializers.Serializer):
    """What a lease stands for."""

    username = serializers.CharField()
    password = serializers.CharField()
