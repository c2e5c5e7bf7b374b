"""Tables of the tenants service."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from shared.infra.db.django import TenantModel


class Tenant(TenantModel):
    """An organisation. It is a row of its own tenant: `tenant_id` equals `id`."""

    name = models.TextField()
    slug = models.TextField(unique=True)
    skeleton = models.TextField(unique=True)
    plan = models.TextField()
    state = models.TextField()

    class Meta:
        db_table = "tenants"
        verbose_name = "tenant"


class Project(TenantModel):
    """A part of a tenant; projects nest."""

    name = models.TextField()
    slug = models.TextField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        db_table = "projects"
        verbose_name = "project"
        constraints = [
            UniqueConstraint(
                fields=["tenant_id", "parent", "slug"], nulls_distinct=False, name="project_name_once_per_parent"
            ),
        ]


class Quota(TenantModel):
    """The limit of one resource, for the tenant (no project) or for a project and all below it."""

    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="quotas")
    resource = models.TextField()
    limit = models.BigIntegerField()
    used = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)

    class Meta:
        db_table = "quotas"
        verbose_name = "quota"
        constraints = [
            UniqueConstraint(fields=["tenant_id", "project", "resource"], nulls_distinct=False, name="quota_once"),
            CheckConstraint(condition=Q(limit__gte=0, used__gte=0), name="quota_not_negative"),
            CheckConstraint(condition=Q(reserved__gte=0), name="quota_reserved_not_negative"),
        ]

    @property
    def available(self) -> int:
        """How much can still be reserved; negative while more exists than the limit allows."""
        return int(self.limit - self.used - self.reserved)


class Reservation(TenantModel):
    """A claim on a quota, named by whoever made it."""

    reservation_id = models.TextField()
    resource = models.TextField()
    amount = models.BigIntegerField()
    state = models.TextField()
    expires_at = models.DateTimeField()
    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="reservations")

    class Meta:
        db_table = "quota_reservations"
        verbose_name = "reservation"
        constraints = [
            UniqueConstraint(fields=["tenant_id", "reservation_id"], name="reservation_once"),
            CheckConstraint(condition=Q(amount__gte=1), name="reservation_amount_positive"),
        ]
        indexes = [
            Index(fields=["expires_at"], condition=Q(state="reserved"), name="reservation_due"),
            Index(fields=["resource", "id"], condition=~Q(state="released"), name="reservation_open"),
        ]
