"""What goes over the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from services.compliance.domain.conditions import MAX_CONDITIONS
from services.compliance.domain.policies import EFFECTS, ENFORCEMENTS, MAX_PATTERNS
from shared.web.django_fields import AnyValue, JsonObject

NAME_LENGTH = 200
MAX_BATCH = 2_000
"""Resources that are decided on in one request."""
MAX_INT = 2**31 - 1


class ConditionBody(serializers.Serializer):
    """A condition: a dotted field, an operator, a value."""

    field = serializers.CharField(max_length=NAME_LENGTH)
    operator = serializers.CharField(max_length=NAME_LENGTH)
    value = AnyValue(required=False, allow_null=True)


def names() -> serializers.ListField:
    """A list of at least one name or pattern."""
    return serializers.ListField(
        child=serializers.CharField(max_length=NAME_LENGTH), allow_empty=False, max_length=MAX_PATTERNS
    )


class PolicyCreate(serializers.Serializer):
    """A new policy."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    effect = serializers.ChoiceField(choices=EFFECTS)
    enforcement = serializers.ChoiceField(choices=ENFORCEMENTS, default="deny")
    actions = names()
    resource_types = names()
    conditions = ConditionBody(many=True, default=list, max_length=MAX_CONDITIONS)
    priority = serializers.IntegerField(min_value=-MAX_INT, max_value=MAX_INT, default=0)


class PolicyUpdate(serializers.Serializer):
    """What may change of a policy."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    effect = serializers.ChoiceField(choices=EFFECTS, required=False)
    enforcement = serializers.ChoiceField(choices=ENFORCEMENTS, required=False)
    actions = names()
    resource_types = names()
    conditions = ConditionBody(many=True, required=False, max_length=MAX_CONDITIONS)
    priority = serializers.IntegerField(min_value=-MAX_INT, max_value=MAX_INT, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "partial": True})


class PolicyOut(serializers.Serializer):
    """A policy."""

    id = serializers.CharField()
    name = serializers.CharField()
    effect = serializers.CharField()
    enforcement = serializers.CharField()
    actions = serializers.ListField(child=serializers.CharField())
    resource_types = serializers.ListField(child=serializers.CharField())
    conditions = serializers.ListField(child=JsonObject())
    priority = serializers.IntegerField()
    builtin = serializers.BooleanField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EvaluationRequest(serializers.Serializer):
    """May this be done to a resource as it will be then? It has at most 900,000 bytes, and its `id`, where it has
    one, is text of at most 1,024."""

    action = serializers.CharField(max_length=NAME_LENGTH)
    resource_type = serializers.CharField(max_length=NAME_LENGTH)
    resource = JsonObject()


class EvaluationBatch(serializers.Serializer):
    """May this be done to each of several resources as they will be then? Each has an `id`, which is text of at most
    1,024 bytes, and at most 900,000 bytes."""

    action = serializers.CharField(max_length=NAME_LENGTH)
    resource_type = serializers.CharField(max_length=NAME_LENGTH)
    resources = serializers.ListField(child=JsonObject(), allow_empty=False, max_length=MAX_BATCH)


class ResultOut(serializers.Serializer):
    """A decision and what it rests on."""

    id = serializers.CharField()
    action = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField(allow_null=True)
    allowed = serializers.BooleanField()
    compliant = serializers.BooleanField()
    enforcement = serializers.CharField()
    violations = serializers.ListField(child=JsonObject())
    policy_versions = serializers.DictField(child=serializers.IntegerField())
    evidence = serializers.CharField()
    audit = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class BatchOut(serializers.Serializer):
    """Decisions on several resources: whether all are allowed, and results of what a policy speaks against."""

    allowed = serializers.BooleanField()
    evaluated = serializers.IntegerField()
    evidence = serializers.CharField()
    results = ResultOut(many=True)


class ExemptionCreate(serializers.Serializer):
    """A policy that shall not count for a while; without a resource, for any."""

    policy_id = serializers.CharField()
    resource_id = serializers.CharField(allow_null=True, default=None)
    reason = serializers.CharField(max_length=1000)
    expires_at = serializers.DateTimeField()


class ExemptionOut(serializers.Serializer):
    """An exemption."""

    id = serializers.CharField()
    policy_id = serializers.CharField()
    resource_id = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    expires_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class ScoreOut(serializers.Serializer):
    """A score; no percentage when there was nothing to check."""

    controls = serializers.IntegerField()
    passed = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)


class AuditRunOut(serializers.Serializer):
    """An audit."""

    id = serializers.CharField()
    resources = serializers.IntegerField()
    compliant = serializers.IntegerField()
    score = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    periodic = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ResourceOut(serializers.Serializer):
    """A resource as its service last told of it; `compliant` is null before the first audit."""

    resource_type = serializers.CharField()
    resource_id = serializers.CharField()
    service = serializers.CharField(source="attributes.service")
    compliant = serializers.BooleanField(allow_null=True)
    violated = serializers.ListField(child=serializers.CharField(allow_blank=True))
    attributes = JsonObject()


class AuditOut(serializers.Serializer):
    """An audit with the score of each deny policy."""

    run = AuditRunOut()
    policies = serializers.DictField(child=ScoreOut())
