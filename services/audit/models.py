"""Tables of the audit service: the records, and each chain's head."""

from __future__ import annotations

from django.db import models

from services.audit.domain.numbers import Numbers
from shared.infra.db.django import TenantModel


class AuditRecord(models.Model):
    """One link of a tenant's chain. Rows are only ever inserted; a database trigger refuses everything else."""

    tenant_id = models.TextField()
    sequence = models.BigIntegerField()
    event_id = models.TextField()
    type = models.TextField()
    subject = models.TextField()
    actor = models.TextField()
    time = models.TextField()
    correlation_id = models.TextField()
    data = models.JSONField(decoder=Numbers)
    previous_hash = models.TextField()
    hash = models.TextField()
    source = models.TextField(null=True)
    source_sequence = models.BigIntegerField(null=True)

    class Meta:
        db_table = "audit_records"
        app_label = "audit"
        verbose_name = "audit record"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "sequence"], name="audit_one_record_a_place"),
            models.UniqueConstraint(fields=["tenant_id", "event_id"], name="audit_one_record_an_event"),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "subject", "sequence"], name="audit_by_subject"),
            models.Index(fields=["tenant_id", "time", "sequence"], name="audit_by_time"),
        ]


class ChainHead(models.Model):
    """The end of a tenant's chain, and how much of it is under a checkpoint. Its row lock orders the appends."""

    tenant_id = models.TextField(primary_key=True)
    sequence = models.BigIntegerField(default=0)
    hash = models.TextField()
    checkpoint_sequence = models.BigIntegerField(default=0)
    announced_sequence = models.BigIntegerField(default=0)
    removed_sequence = models.BigIntegerField(default=0)
    """Up to where the removal of the first records was announced, and up to where they are gone."""

    class Meta:
        db_table = "chain_heads"
        app_label = "audit"


class Retention(TenantModel):
    """For how long the tenant's records are kept; None for ever."""

    days = models.IntegerField(null=True)

    class Meta:
        db_table = "retentions"
        app_label = "audit"
        verbose_name = "retention"
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="audit_one_retention")]


class LegalHold(TenantModel):
    """Records that are kept whatever their age: of a subject, an actor, a time, or all."""

    reason = models.TextField()
    subject = models.TextField(null=True)
    actor = models.TextField(null=True)
    begins_at = models.TextField(null=True)
    ends_at = models.TextField(null=True)

    class Meta:
        db_table = "legal_holds"
        app_label = "audit"
        verbose_name = "legal hold"
