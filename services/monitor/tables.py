"""Tables of monitor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Float, ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.infra.db.sqlalchemy import TenantRow


class Base(DeclarativeBase):
    """Declarative base of this service."""


class Series(TenantRow, Base):
    """A metric with one set of labels."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("tenant_id", "fingerprint", name="series_once"),)
    name: Mapped[str] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(Text)


class SampleRow(Base):
    """A value of a series at a time."""

    __tablename__ = "samples"
    series_id: Mapped[str] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    value: Mapped[float] = mapped_column(Float)


class SampleCount(Base):
    """How many samples a tenant keeps: too many to count them whenever some come in."""

    __tablename__ = "sample_counts"
    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    samples: Mapped[int] = mapped_column(BigInteger)


class Rule(TenantRow, Base):
    """An alert rule. Its row is locked by every evaluation, so that evaluations of one rule follow each other."""

    __tablename__ = "alert_rules"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="rule_name_once"),)
    name: Mapped[str] = mapped_column(Text)
    metric: Mapped[str] = mapped_column(Text)
    total_metric: Mapped[str | None] = mapped_column(Text)
    objective: Mapped[float | None] = mapped_column(Float)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    aggregation: Mapped[str] = mapped_column(Text)
    quantile: Mapped[float | None] = mapped_column(Float)
    window_seconds: Mapped[int]
    operator: Mapped[str] = mapped_column(Text)
    threshold: Mapped[float] = mapped_column(Float)
    for_seconds: Mapped[int]
    keep_firing_for_seconds: Mapped[int]
    severity: Mapped[str] = mapped_column(Text)
    health: Mapped[str] = mapped_column(Text)
    replayed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was last evaluated at a time other than the present, which the background then leaves alone."""
    delayed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Since when it waits for its turn, where the tenant's rules don't all fit into one evaluation."""


class AlertRow(TenantRow, Base):
    """An occurrence of an alert. At most one of a rule and fingerprint is open (pending or firing)."""

    __tablename__ = "alerts"
    rule_id: Mapped[str] = mapped_column(ForeignKey("alert_rules.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    value: Mapped[float] = mapped_column(Float)
    active_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    fired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    keep_firing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    held_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    rule: Mapped[Rule] = relationship()


class StoppedTenant(Base):
    """A tenant whose rules aren't evaluated in the background: it is suspended or, where there is a time, closed."""

    __tablename__ = "stopped_tenants"
    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Silence(TenantRow, Base):
    """For a while, alerts that match don't notify anybody. They are evaluated all the same."""

    __tablename__ = "silences"
    matchers: Mapped[dict[str, str]] = mapped_column(JSONB)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    comment: Mapped[str] = mapped_column(Text)
