"""Tables of dns."""

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint

from services.dns.domain.records import RecordType
from services.dns.domain.resolution import RecordSet
from services.dns.domain.routing import Answer, Policy, Role
from services.dns.domain.soa import Soa
from shared.infra.db.django import TenantModel


class Zone(TenantModel):
    """An authoritative zone and its start of authority. Its row is locked by every change inside the zone.

    Usage is told up to `metered_from`.
    """

    name = models.TextField()
    primary = models.TextField()
    mailbox = models.TextField()
    serial = models.BigIntegerField()
    refresh = models.IntegerField(default=7200)
    retry = models.IntegerField(default=900)
    expire = models.IntegerField(default=1_209_600)
    minimum = models.IntegerField(default=300)
    soa_ttl = models.IntegerField(default=3600)
    metered_from = models.DateTimeField()

    class Meta:
        db_table = "zones"
        verbose_name = "zone"
        constraints = [UniqueConstraint(fields=["tenant_id", "name"], name="zone_once")]

    def soa(self) -> Soa:
        """The start of authority as the rules know it."""
        return Soa(
            self.primary,
            self.mailbox,
            self.serial,
            self.refresh,
            self.retry,
            self.expire,
            self.minimum,
            self.soa_ttl,
        )


class Record(TenantModel):
    """A record set: all records of one name and type. `answers` are its values with what their routing needs."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="records")
    name = models.TextField(db_collation="C")
    type = models.TextField(db_collation="C")
    ttl = models.IntegerField()
    policy = models.TextField()
    answers = models.JSONField()

    class Meta:
        db_table = "records"
        verbose_name = "record set"
        constraints = [UniqueConstraint(fields=["zone", "name", "type"], name="record_set_once")]

    @property
    def values(self) -> list[str]:
        """The values alone, in their order."""
        return [answer["value"] for answer in self.answers]

    def record_set(self) -> RecordSet:
        """The record set as the rules know it."""
        answers = tuple(Answer(**{**answer, "role": Role(answer["role"])}) for answer in self.answers)
        return RecordSet(self.name, RecordType(self.type), self.ttl, Policy(self.policy), answers)
