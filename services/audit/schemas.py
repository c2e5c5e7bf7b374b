"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers

from shared.web.django_fields import Text

MIN_DAYS, MAX_DAYS = 7, 3_653
"""Bounds of a retention: those of CloudTrail Lake's event data stores."""
TEXT_LENGTH = 1_000


class RecordOut(serializers.Serializer):
    """A link of the chain."""

    sequence = serializers.IntegerField()
    event_id = serializers.CharField()
    type = serializers.CharField()
    subject = serializers.CharField()
    actor = serializers.CharField()
    time = serializers.CharField()
    correlation_id = serializers.CharField()
    data = serializers.DictField()
    source = serializers.CharField(allow_null=True)
    source_sequence = serializers.IntegerField(allow_null=True)
    previous_hash = serializers.CharField()
    hash = serializers.CharField()


class HeadOut(serializers.Serializer):
    """The end of a chain."""

    sequence = serializers.IntegerField()
    hash = serializers.CharField()


class GapOut(serializers.Serializer):
    """Events of a source, by their numbers, that never arrived."""

    source = serializers.CharField()
    first = serializers.IntegerField()
    last = serializers.IntegerField()


class VerificationOut(serializers.Serializer):
    """The result of checking a chain: whether it holds what came in as it came in, and what didn't come in."""

    valid = serializers.BooleanField()
    records = serializers.IntegerField()
    head = HeadOut()
    checkpoint = HeadOut()
    first_invalid = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    complete = serializers.BooleanField()
    gaps = GapOut(many=True)


class CheckpointKeyOut(serializers.Serializer):
    """What verifies the signatures of checkpoints."""

    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes in hexadecimal")


class RetentionIn(serializers.Serializer):
    """For how many days records are kept; null for ever."""

    days = serializers.IntegerField(min_value=MIN_DAYS, max_value=MAX_DAYS, allow_null=True)


class RetentionOut(serializers.Serializer):
    """For how many days records are kept."""

    days = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()


class LegalHoldIn(serializers.Serializer):
    """Which records are held: of a subject, of an actor, of a time (half-open), of all that is given; or all."""

    reason = Text(max_length=TEXT_LENGTH)
    subject = Text(max_length=TEXT_LENGTH, allow_null=True, default=None)
    actor = Text(max_length=TEXT_LENGTH, allow_null=True, default=None)
    begins_at = serializers.DateTimeField(allow_null=True, default=None)
    ends_at = serializers.DateTimeField(allow_null=True, default=None)

    def validate(self, attrs: dict[str, datetime | None]) -> dict[str, datetime | None]:
        """What ends before it has begun would hold nothing."""
        begins, ends = attrs["begins_at"], attrs["ends_at"]
        if begins is not None and ends is not None and begins >= ends:
            raise serializers.ValidationError({"ends_at": "it is later than begins_at"})
        return attrs


class LegalHoldOut(serializers.Serializer):
    """A legal hold."""

    id = serializers.CharField()
    reason = serializers.CharField()
    subject = serializers.CharField(allow_null=True)
    actor = serializers.CharField(allow_null=True)
    begins_at = serializers.CharField(allow_null=True)
    ends_at = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
