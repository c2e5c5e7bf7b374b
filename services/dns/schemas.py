"""What goes over the wire."""

from __future__ import annotations

from rest_framework import serializers

from services.dns.domain.records import MAX_TTL, MAX_VALUES, RecordType
from services.dns.domain.routing import MAX_LATENCY_MS, MAX_WEIGHT, Policy, Role
from shared.web.django_fields import Text

MAX_NAME = 255
MAX_VALUE = 4096
MAX_ZONE_FILE = 8_000_000
"""Characters: more than the records that a file may have take."""
DEFAULT_TTL = 300

TYPES = [kind.value for kind in RecordType]


def seconds() -> serializers.IntegerField:
    """A time of the SOA in seconds."""
    return serializers.IntegerField(min_value=0, max_value=MAX_TTL, required=False)


class ZoneTimes(serializers.Serializer):
    """The times of a zone's SOA; what is left out stays."""

    refresh = seconds()
    retry = seconds()
    expire = seconds()
    minimum = seconds()
    soa_ttl = seconds()


class ZoneCreate(ZoneTimes):
    """A new zone."""

    name = Text(max_length=MAX_NAME)


class ZoneOut(serializers.Serializer):
    """A zone and its SOA."""

    id = Text()
    name = Text()
    primary = Text()
    mailbox = Text()
    serial = serializers.IntegerField()
    refresh = serializers.IntegerField()
    retry = serializers.IntegerField()
    expire = serializers.IntegerField()
    minimum = serializers.IntegerField()
    soa_ttl = serializers.IntegerField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ZoneSummary(ZoneOut):
    """A zone in a list."""

    record_sets = serializers.IntegerField()


class AnswerIn(serializers.Serializer):
    """A value with what its routing needs."""

    value = Text(max_length=MAX_VALUE)
    weight = serializers.IntegerField(min_value=0, max_value=MAX_WEIGHT, default=1)
    role = serializers.ChoiceField(choices=[role.value for role in Role], default=Role.PRIMARY.value)
    latency_ms = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=MAX_LATENCY_MS), default=dict
    )


class AnswerOut(AnswerIn):
    """A value, its routing and its health."""

    healthy = serializers.BooleanField()


class RecordContent(serializers.Serializer):
    """What a record set answers: plain `values`, or `answers` with routing."""

    ttl = serializers.IntegerField(min_value=0, max_value=MAX_TTL, default=DEFAULT_TTL)
    policy = serializers.ChoiceField(choices=[policy.value for policy in Policy], default=Policy.SIMPLE.value)
    values = serializers.ListField(child=Text(max_length=MAX_VALUE), default=list, max_length=MAX_VALUES)
    answers = AnswerIn(many=True, default=list)

    def validate(self, attributes: dict[str, object]) -> dict[str, object]:
        """Exactly one of the two forms."""
        if bool(attributes["values"]) == bool(attributes["answers"]):
            raise serializers.ValidationError({"values": "give either values or answers"})
        return attributes


class RecordCreate(RecordContent):
    """A new record set."""

    name = Text(max_length=MAX_NAME)
    type = serializers.ChoiceField(choices=TYPES)


class RecordOut(serializers.Serializer):
    """A record set."""

    id = Text()
    zone_id = Text()
    name = Text()
    type = Text()
    ttl = serializers.IntegerField()
    policy = Text()
    values = serializers.ListField(child=Text())
    answers = AnswerOut(many=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class HealthReport(serializers.Serializer):
    """Whether an answer works."""

    value = Text(max_length=MAX_VALUE)
    healthy = serializers.BooleanField()


class ZoneFile(serializers.Serializer):
    """A zone file."""

    zonefile = Text(max_length=MAX_ZONE_FILE)


class Question(serializers.Serializer):
    """A question to the platform's name servers."""

    name = Text(max_length=MAX_NAME)
    type = serializers.ChoiceField(choices=TYPES, default=RecordType.A.value)
    region = Text(max_length=MAX_NAME, default="", allow_blank=True)


class ResourceRecord(serializers.Serializer):
    """One record of an answer."""

    name = Text()
    type = Text()
    ttl = serializers.IntegerField()
    value = Text()


class Resolved(serializers.Serializer):
    """An answer; a negative one has the SOA in `authority`, with the time it may be remembered as TTL."""

    name = Text()
    status = Text()
    answers = ResourceRecord(many=True)
    authority = ResourceRecord(many=True)


class UsageFlushed(serializers.Serializer):
    """How many usage records were made."""

    recorded = serializers.IntegerField()
