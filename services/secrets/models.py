"""Tables of the secrets service: everything about secrets but their values."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, UniqueConstraint

from services.secrets.domain.leases import Lease as LeaseTerm
from services.secrets.domain.paths import PathPolicy
from shared.infra.db.django import TenantModel


class Secret(TenantModel):
    """What is known of a secret. `current_version` is Vault's number of its newest version."""

    path = models.TextField()
    current_version = models.IntegerField(default=0)
    retirements = models.JSONField(default=dict)
    """Versions that were rotated out, and until when each is still good."""

    class Meta:
        db_table = "secrets"
        app_label = "secrets"
        verbose_name = "secret"
        constraints = [UniqueConstraint(fields=["tenant_id", "path"], name="secret_once_per_path")]


class EncryptionKey(TenantModel):
    """A key of Vault's transit engine."""

    name = models.TextField()
    key_version = models.IntegerField(default=1)

    class Meta:
        db_table = "encryption_keys"
        app_label = "secrets"
        verbose_name = "key"
        constraints = [UniqueConstraint(fields=["tenant_id", "name"], name="key_once_per_name")]


class Policy(TenantModel):
    """Who may do what under a pattern of paths."""

    pattern = models.TextField()
    subjects = models.JSONField()
    capabilities = models.JSONField()

    class Meta:
        db_table = "path_policies"
        app_label = "secrets"
        verbose_name = "path policy"

    def rule(self) -> PathPolicy:
        """The policy as the domain sees it."""
        return PathPolicy(self.pattern, frozenset(self.subjects), frozenset(self.capabilities))


class LeaseToken(TenantModel):
    """What leases are made under. Tokens nest: revoking one revokes all below it."""

    name = models.TextField()
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "lease_tokens"
        app_label = "secrets"
        verbose_name = "lease token"


class Lease(TenantModel):
    """A dynamic secret for a time. `cleared` once what it stood for is gone from Vault."""

    token = models.ForeignKey(LeaseToken, on_delete=models.CASCADE, related_name="leases")
    engine = models.TextField()
    issued_by = models.TextField(default="")
    """Who asked for it; nobody else but who is above the policies gets its credentials."""
    vault_lease = models.TextField(default="")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    max_ttl_seconds = models.IntegerField()
    revoked_at = models.DateTimeField(null=True)
    cleared = models.BooleanField(default=False)

    class Meta:
        db_table = "leases"
        app_label = "secrets"
        verbose_name = "lease"
        indexes = [Index(fields=["cleared", "expires_at"], name="leases_to_clear")]

    @property
    def term(self) -> LeaseTerm:
        """The lease as the domain sees it."""
        return LeaseTerm(self.issued_at, self.expires_at, self.max_ttl_seconds, self.revoked_at is not None)


class ClosedTenant(models.Model):
    """A tenant that was closed, until it is certain that no request of its is under way any more."""

    tenant_id = models.TextField(primary_key=True)
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "closed_tenants"
        app_label = "secrets"
