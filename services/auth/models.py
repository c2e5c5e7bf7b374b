"""Tables of the auth service."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint

from services.auth.domain.grants import Scope
from shared.infra.db.django import TenantModel
from shared.kernel.context import current_time


class Account(TenantModel):
    """Whoever can get a token: a user, an operator of the platform, or a service account."""

    kind = models.TextField()
    name = models.TextField()
    email = models.TextField(null=True)
    password_hash = models.TextField(null=True)
    state = models.TextField(default="active")
    totp_secret = models.TextField(null=True)
    totp_enabled = models.BooleanField(default=False)
    totp_last_step = models.BigIntegerField(null=True)

    class Meta:
        db_table = "accounts"
        verbose_name = "account"
        constraints = [
            UniqueConstraint(fields=["tenant_id", "email"], name="email_once_per_tenant"),
            UniqueConstraint(
                fields=["tenant_id", "name"],
                condition=Q(kind="service_account", state="active"),
                name="service_account_name_once_per_tenant",
            ),
        ]


class ApiKey(TenantModel):
    """A key of a service account; only the digest of its secret is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_keys")
    name = models.TextField()
    secret_digest = models.TextField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"


class Session(TenantModel):
    """A log-in: the family of refresh tokens that descend from it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    started_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sessions"
        verbose_name = "session"


class RefreshToken(models.Model):
    """One refresh token; only its digest is kept."""

    digest = models.TextField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "refresh_tokens"


class LoginAttempts(models.Model):
    """Failed log-ins counted for one name, whether or not an account has it."""

    key = models.TextField(primary_key=True)
    failures = models.IntegerField()
    window_started_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "login_attempts"


class SigningKey(models.Model):
    """A key that access tokens are signed with. One is in use; retired ones verify what they signed."""

    kid = models.TextField(primary_key=True)
    use = models.TextField(default="access-token")
    sealed_private_key = models.TextField()
    public_key = models.TextField()
    created_at = models.DateTimeField(default=current_time, editable=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signing_keys"
        constraints = [
            UniqueConstraint(fields=["use"], condition=Q(retired_at=None), name="one_signing_key_in_use"),
        ]


class Grant(TenantModel):
    """A role of an account: in the whole tenant, unless a `GrantScope` narrows it to a project."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="grants")
    role = models.TextField()

    class Meta:
        db_table = "grants"
        verbose_name = "grant"

    @property
    def scope(self) -> Scope:
        """Where the role holds."""
        narrowing = getattr(self, "narrowing", None)
        return Scope(narrowing.project_id if narrowing else None)


class GrantScope(models.Model):
    """Narrows a grant to one project. Written in the transaction of its grant, which would be tenant-wide without."""

    grant = models.OneToOneField(Grant, on_delete=models.CASCADE, primary_key=True, related_name="narrowing")
    project_id = models.TextField()

    class Meta:
        db_table = "grant_scopes"


class TenantStanding(models.Model):
    """What was last heard of a tenant's state; `sequence` is the version of the tenant it was heard of."""

    tenant_id = models.TextField(primary_key=True)
    status = models.TextField()
    sequence = models.IntegerField()

    class Meta:
        db_table = "tenant_standings"
