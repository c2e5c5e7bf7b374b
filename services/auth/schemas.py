"""What goes over the wire."""

from __future__ import annotations

from rest_framework import serializers

from shared.kernel.identity import PLATFORM_TENANT

NAME_LENGTH = 200
SECRET_LENGTH = 1_000
"""Longer than any password or token; what is longer isn't worth hashing."""

MAX_KEY_SECONDS = 366 * 24 * 3600
GRANT_TYPES = ("password", "api_key", "refresh_token")
NEEDED = {"password": ("email", "password"), "api_key": ("api_key",), "refresh_token": ("refresh_token",)}


def _secret(**options: object) -> serializers.CharField:
    return serializers.CharField(max_length=SECRET_LENGTH, trim_whitespace=False, **options)


class TokenRequest(serializers.Serializer):
    """A log-in. Operators of the platform leave `tenant_id` out."""

    grant_type = serializers.ChoiceField(choices=GRANT_TYPES, default="password")
    tenant_id = serializers.CharField(max_length=NAME_LENGTH, default=PLATFORM_TENANT)
    email = serializers.CharField(max_length=SECRET_LENGTH, required=False)
    password = _secret(required=False)
    totp_code = serializers.CharField(max_length=16, allow_null=True, default=None)
    api_key = _secret(required=False)
    refresh_token = _secret(required=False)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """Each grant type needs its own fields."""
        missing = [name for name in NEEDED[str(attrs["grant_type"])] if name not in attrs]
        if missing:
            raise serializers.ValidationError({name: "This field is required." for name in missing})
        return attrs


class TokenOut(serializers.Serializer):
    """An access token, and for people a refresh token."""

    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")
    refresh_token = serializers.CharField(allow_null=True, required=False)


class RefreshTokenIn(serializers.Serializer):
    """A refresh token."""

    refresh_token = _secret()


class TokenIn(serializers.Serializer):
    """An access token."""

    token = serializers.CharField(max_length=16_384)


class Introspection(serializers.Serializer):
    """Whether a token is in force, and what it says (RFC 7662)."""

    active = serializers.BooleanField()


class ServerMetadata(serializers.Serializer):
    """Where clients find what (RFC 8414 §2)."""

    issuer = serializers.CharField()
    token_endpoint = serializers.CharField()
    jwks_uri = serializers.CharField()
    revocation_endpoint = serializers.CharField()
    grant_types_supported = serializers.ListField(child=serializers.CharField())
    response_types_supported = serializers.ListField(child=serializers.CharField())
    token_endpoint_auth_methods_supported = serializers.ListField(child=serializers.CharField())
    revocation_endpoint_auth_methods_supported = serializers.ListField(child=serializers.CharField())
    service_documentation = serializers.CharField()


class KeySet(serializers.Serializer):
    """A JSON Web Key Set (RFC 7517)."""

    keys = serializers.ListField(child=serializers.DictField())


class RoleIn(serializers.Serializer):
    """A role in a scope: `tenant` or `project:<id>`."""

    role = serializers.CharField(max_length=NAME_LENGTH)
    scope = serializers.CharField(max_length=NAME_LENGTH, default="tenant")


class GrantCreate(RoleIn):
    """A role for an account."""

    subject = serializers.CharField(max_length=NAME_LENGTH)


class GrantBatch(serializers.Serializer):
    """Several roles, granted all or none."""

    grants = GrantCreate(many=True, allow_empty=False, max_length=100)


class GrantOut(serializers.Serializer):
    """A role of an account in a scope."""

    id = serializers.CharField()
    subject = serializers.CharField(source="account_id")
    role = serializers.CharField()
    scope = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class GrantList(serializers.Serializer):
    """The grants of a batch."""

    items = GrantOut(many=True)


class UserCreate(serializers.Serializer):
    """A new user with their first roles."""

    email = serializers.CharField(max_length=SECRET_LENGTH)
    password = _secret(required=False, allow_null=True, default=None)
    name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True, default="")
    grants = RoleIn(many=True, default=list)


class UserUpdate(serializers.Serializer):
    """What may change of a user."""

    name = serializers.CharField(max_length=NAME_LENGTH)


class UserOut(serializers.Serializer):
    """A user."""

    id = serializers.CharField()
    tenant_id = serializers.CharField()
    kind = serializers.CharField()
    email = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["active", "disabled"])
    totp_enabled = serializers.BooleanField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ServiceAccountCreate(serializers.Serializer):
    """A new service account with its first roles."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    grants = RoleIn(many=True, default=list)


class ServiceAccountOut(serializers.Serializer):
    """A service account."""

    id = serializers.CharField()
    tenant_id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["active", "disabled"])
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ApiKeyCreate(serializers.Serializer):
    """A new key, for ever or for some seconds."""

    name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True, default="")
    expires_in_seconds = serializers.IntegerField(min_value=1, max_value=MAX_KEY_SECONDS, allow_null=True, default=None)


class ApiKeyOut(serializers.Serializer):
    """What can be told of a key afterwards."""

    id = serializers.CharField()
    service_account_id = serializers.CharField(source="account_id")
    name = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ApiKeyCreated(ApiKeyOut):
    """A new key with its text, which is shown this once."""

    key = serializers.CharField()


class PasswordChange(serializers.Serializer):
    """One's own new password."""

    current_password = _secret()
    new_password = _secret()


class TotpEnrolment(serializers.Serializer):
    """The secret of a second factor, shown this once."""

    secret = serializers.CharField()
    otpauth_uri = serializers.CharField()


class TotpCode(serializers.Serializer):
    """A one-time code."""

    code = serializers.CharField(max_length=16)


class TotpState(serializers.Serializer):
    """Whether log-ins need a one-time code."""

    enabled = serializers.BooleanField()


class RoleOut(RoleIn):
    """A role that the caller has."""


class Me(serializers.Serializer):
    """The caller, as the platform knows them."""

    subject = serializers.CharField()
    tenant_id = serializers.CharField()
    kind = serializers.CharField()
    grants = RoleOut(many=True)
