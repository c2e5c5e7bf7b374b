"""Tables of the compliance service."""

from __future__ import annotations

from django.db import models
from django.db.models import Index, UniqueConstraint

from services.compliance.domain import policies as domain
from services.compliance.domain.conditions import Condition
from shared.infra.db.django import TenantModel


class PolicyRow(TenantModel):
    """A policy; `version` is the one that results are pinned to."""

    name = models.TextField()
    effect = models.TextField()
    enforcement = models.TextField()
    actions = models.JSONField()
    resource_types = models.JSONField()
    conditions = models.JSONField(default=list)
    priority = models.IntegerField(default=0)
    builtin = models.BooleanField(default=False)

    class Meta:
        db_table = "policies"
        app_label = "compliance"
        verbose_name = "policy"
        constraints = [UniqueConstraint(fields=["tenant_id", "name"], name="policy_name_once")]

    def rule(self) -> domain.Policy:
        """The policy as the domain sees it."""
        return domain.Policy(
            id=self.id,
            name=self.name,
            version=self.version,
            effect=self.effect,
            enforcement=self.enforcement,
            actions=tuple(self.actions),
            resource_types=tuple(self.resource_types),
            conditions=tuple(Condition(c["field"], c["operator"], c.get("value")) for c in self.conditions),
            priority=self.priority,
        )


class Standing(models.Model):
    """That a tenant got its baseline policy once; a baseline that was removed doesn't come back.

    `due_at` is when its resources have to be looked at next. Its row is held before those of resources.
    """

    tenant_id = models.TextField(primary_key=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "standings"
        app_label = "compliance"
        indexes = [Index(fields=["due_at"], name="standings_by_due_at")]


class ExemptionRow(TenantModel):
    """An exemption. It goes with its policy."""

    policy = models.ForeignKey(PolicyRow, on_delete=models.CASCADE, related_name="exemptions")
    resource_id = models.TextField(null=True)
    reason = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "exemptions"
        app_label = "compliance"
        verbose_name = "exemption"

    def rule(self) -> domain.Exemption:
        """The exemption as the domain sees it."""
        return domain.Exemption(self.policy_id, self.resource_id, self.expires_at)


class Result(TenantModel):
    """A decision that was made; never changed. `evidence` is the id of the event that the audit chain holds."""

    action = models.TextField()
    resource_type = models.TextField()
    resource_id = models.TextField(null=True)
    allowed = models.BooleanField()
    compliant = models.BooleanField()
    enforcement = models.TextField()
    violations = models.JSONField()
    policy_versions = models.JSONField()
    evidence = models.TextField()
    audit = models.TextField(null=True)

    class Meta:
        db_table = "results"
        app_label = "compliance"
        verbose_name = "result"
        indexes = [Index(fields=["tenant_id", "resource_id", "id"], name="results_by_resource")]


class KnownResource(TenantModel):
    """A resource as its service last told of it, for audits.

    `compliant` is what the last audit found, None before the first; `violated` names the policies that spoke against
    it, by their identifiers.
    """

    resource_type = models.TextField()
    resource_id = models.TextField()
    attributes = models.JSONField()
    sequence = models.IntegerField()
    deleted = models.BooleanField(default=False)
    compliant = models.BooleanField(null=True)
    violated = models.JSONField(default=list)

    class Meta:
        db_table = "known_resources"
        app_label = "compliance"
        verbose_name = "resource"
        constraints = [UniqueConstraint(fields=["tenant_id", "resource_type", "resource_id"], name="resource_once")]


class AuditRun(TenantModel):
    """One look at all known resources, asked for or (`periodic`) taken because something had changed."""

    periodic = models.BooleanField(default=False)

    resources = models.IntegerField()
    compliant = models.IntegerField()
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True)

    class Meta:
        db_table = "audit_runs"
        app_label = "compliance"
        verbose_name = "audit"
