"""Tables of the config service: layers as they are being edited, and every revision that was published."""

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint

from shared.infra.db.django import TenantModel


class Environment(TenantModel):
    """What configurations are published for. Its row lock orders the publications."""

    name = models.TextField()
    revision = models.IntegerField(default=0)
    schema = models.JSONField(null=True)
    """What every publication must match; None for no schema."""

    class Meta:
        db_table = "environments"
        app_label = "config"
        verbose_name = "environment"
        constraints = [UniqueConstraint(fields=["tenant_id", "name"], name="environment_once")]


class Layer(TenantModel):
    """One of the four layers of an environment."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="layers")
    name = models.TextField()
    values = models.JSONField()

    class Meta:
        db_table = "layers"
        app_label = "config"
        verbose_name = "layer"
        constraints = [UniqueConstraint(fields=["environment", "name"], name="layer_once")]


class Revision(TenantModel):
    """What was published once; never changed. `rolled_back_to` is the revision it repeats, if it does."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="revisions")
    revision = models.IntegerField()
    values = models.JSONField()
    rolled_back_to = models.IntegerField(null=True)
    published_by = models.TextField()
    request = models.TextField(null=True)
    """What recognises a repetition of the request that published it, if it can be repeated."""

    class Meta:
        db_table = "revisions"
        app_label = "config"
        verbose_name = "revision"
        constraints = [UniqueConstraint(fields=["environment", "revision"], name="revision_once")]


class FlagRow(TenantModel):
    """A feature flag."""

    name = models.TextField()
    enabled = models.BooleanField()
    percentage = models.IntegerField()

    class Meta:
        db_table = "flags"
        app_label = "config"
        verbose_name = "flag"
        constraints = [UniqueConstraint(fields=["tenant_id", "name"], name="flag_once")]


class ClosedTenant(models.Model):
    """A tenant that was closed, until it is certain that no request of its is under way any more."""

    tenant_id = models.TextField(primary_key=True)
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "closed_tenants"
        app_label = "config"
