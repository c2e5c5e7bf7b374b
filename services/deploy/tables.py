"""Tables of the deploy service. State documents lie in the object store, locks in etcd."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.infra.db.sqlalchemy import TenantRow

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Declarative base of this service."""


class Environment(TenantRow, Base):
    """An environment: a workspace of state, and the place that releases are deployed to."""

    __tablename__ = "environments"
    name: Mapped[str] = mapped_column(Text)
    protected: Mapped[bool] = mapped_column(default=False)


class Plan(TenantRow, Base):
    """A saved plan with the lineage and serial of the state it was made from.

    `resource_drift` is what had become of the state's resources by then; the state has it once the plan is applied.
    """

    __tablename__ = "plans"
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"))
    mode: Mapped[str] = mapped_column(Text)
    resource_drift: Mapped[list[Json]] = mapped_column(JSONB)
    lineage: Mapped[str] = mapped_column(Text)
    serial: Mapped[int] = mapped_column(Integer)
    changes: Mapped[list[Json]] = mapped_column(JSONB)
    summary: Mapped[dict[str, int]] = mapped_column(JSONB)


class Apply(TenantRow, Base):
    """The application of a plan: queued here, run by workers. `lock_held` until its environment's lock is freed.

    `existing` are the ids of what there was when it began, by address; `moved_at` is when it was last handed to the
    broker or taken a step further, None where it has to be handed over at once.
    """

    __tablename__ = "applies"
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"))
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[int | None] = mapped_column(Integer)
    lock_held: Mapped[bool]
    actor: Mapped[str] = mapped_column(Text)
    correlation_id: Mapped[str] = mapped_column(Text)
    traceparent: Mapped[str] = mapped_column(Text)
    existing: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    moved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ApplyStep(TenantRow, Base):
    """One step of an apply, a node of its graph: `needs` are the nodes that have to be done before it.

    Its id is the idempotency key that the resource's owner is asked with, so a step that is delivered again has one
    effect. `dispatches` counts how often its task was given to the broker, `attempts` how often a worker took it.
    """

    __tablename__ = "apply_steps"
    apply_id: Mapped[str] = mapped_column(ForeignKey("applies.id", ondelete="CASCADE"))
    node: Mapped[str] = mapped_column(Text)
    needs: Mapped[list[str]] = mapped_column(JSONB)
    change: Mapped[Json] = mapped_column(JSONB)
    address: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    dispatches: Mapped[int] = mapped_column(Integer, default=0)
    dispatched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    tainted: Mapped[bool] = mapped_column(default=False)
    resource_id: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)


class Deployment(TenantRow, Base):
    """The rollout of one revision. The stage columns are the controller's; `fencing_token` is its last writer's."""

    __tablename__ = "deployments"
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"))
    revision: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    lock_held: Mapped[bool]
    release: Mapped[Json] = mapped_column(JSONB)
    strategy: Mapped[Json] = mapped_column(JSONB)
    replicas: Mapped[int] = mapped_column(Integer)
    stable_revision: Mapped[int | None] = mapped_column(Integer)
    stable_replicas: Mapped[int] = mapped_column(Integer)
    progress_deadline_seconds: Mapped[int] = mapped_column(Integer)
    last_progress_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    fencing_token: Mapped[int] = mapped_column(BigInteger)
    old: Mapped[int] = mapped_column(Integer)
    old_ready: Mapped[int] = mapped_column(Integer)
    new: Mapped[int] = mapped_column(Integer)
    new_ready: Mapped[int] = mapped_column(Integer)
    target_old: Mapped[int] = mapped_column(Integer)
    target_new: Mapped[int] = mapped_column(Integer)
    targets_changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    traffic: Mapped[int] = mapped_column(Integer)
    step: Mapped[int] = mapped_column(Integer)
    step_ready: Mapped[bool]
    step_started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    switched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sample_requests: Mapped[int] = mapped_column(BigInteger)
    sample_errors: Mapped[int] = mapped_column(BigInteger)


class Fence(Base):
    """The newest fencing token that has written to a fenced resource."""

    __tablename__ = "fences"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    token: Mapped[int] = mapped_column(BigInteger)


class Candidate(Base):
    """What a controller candidate believes of itself, in its own words."""

    __tablename__ = "candidates"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    leading: Mapped[bool]
    term: Mapped[int] = mapped_column(Integer)
    fencing_token: Mapped[int] = mapped_column(BigInteger)
    refused_writes: Mapped[int] = mapped_column(Integer)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
