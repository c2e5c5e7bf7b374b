"""What goes over the wire."""

from __future__ import annotations

from rest_framework import serializers

NAME_LENGTH = 200
MAX_BIGINT = 2**63 - 1
MAX_UNCHANGED_SECONDS = 366 * 24 * 3_600
"""A year: longer than anything that is compared is kept waiting."""


class TenantCreate(serializers.Serializer):
    """A new tenant: its name, its plan, and limits that differ from the plan's."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    plan = serializers.CharField(default="free")
    quotas = serializers.DictField(child=serializers.IntegerField(max_value=MAX_BIGINT), default=dict)


class TenantUpdate(serializers.Serializer):
    """What may change of a tenant."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    plan = serializers.CharField(required=False)


class TenantOut(serializers.Serializer):
    """A tenant."""

    id = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    plan = serializers.CharField()
    state = serializers.ChoiceField(choices=["active", "suspended", "closed"])
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PlanOut(serializers.Serializer):
    """A plan and its limits."""

    name = serializers.CharField()
    limits = serializers.DictField(child=serializers.IntegerField())


class ProjectCreate(serializers.Serializer):
    """A new project, at the top or below another."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    parent_id = serializers.CharField(allow_null=True, default=None)


class ProjectUpdate(serializers.Serializer):
    """What may change of a project; `parent_id: null` moves it to the top."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    parent_id = serializers.CharField(allow_null=True, required=False)


class ProjectOut(serializers.Serializer):
    """A project."""

    id = serializers.CharField()
    tenant_id = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    parent_id = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LimitSet(serializers.Serializer):
    """A limit."""

    limit = serializers.IntegerField(max_value=MAX_BIGINT)


class QuotaOut(serializers.Serializer):
    """A limit and what is held of it."""

    project_id = serializers.CharField(allow_null=True)
    resource = serializers.CharField()
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()
    version = serializers.IntegerField()


class QuotaList(serializers.Serializer):
    """All limits of a tenant or project; there are few, so they come in one piece."""

    items = QuotaOut(many=True)


class ReservationCreate(serializers.Serializer):
    """A claim on a quota, under a name that the caller chooses (the id of what it is about to make)."""

    resource = serializers.CharField()
    amount = serializers.IntegerField(max_value=MAX_BIGINT)
    reservation_id = serializers.CharField(max_length=NAME_LENGTH)
    project_id = serializers.CharField(allow_null=True, default=None)


class ReservationOut(serializers.Serializer):
    """A claim on a quota."""

    id = serializers.CharField()
    reservation_id = serializers.CharField()
    resource = serializers.CharField()
    amount = serializers.IntegerField()
    project_id = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["reserved", "committed", "released", "expired"])
    expires_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class UnchangedQuery(serializers.Serializer):
    """Which claims: of one resource, and unchanged for at least so long."""

    resource = serializers.CharField()
    unchanged_for_seconds = serializers.IntegerField(min_value=0, max_value=MAX_UNCHANGED_SECONDS, default=0)


class UnchangedReservation(serializers.Serializer):
    """A claim that isn't released, and whose it is."""

    tenant_id = serializers.CharField()
    reservation_id = serializers.CharField()
    resource = serializers.CharField()
    amount = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["reserved", "committed", "expired"])
