"""What goes over the wire."""

from __future__ import annotations

from rest_framework import serializers


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
