"""Tables of compute."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.infra.db.sqlalchemy import TenantRow
from shared.kernel.context import current_time


class Base(DeclarativeBase):
    """Declarative base of compute."""

    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), dict[str, Any]: JSONB, dict[str, str]: JSONB}


class Zone(Base):
    """The platform's catalogue of zones; the network service's subnets refer to it."""

    __tablename__ = "zones"

    name: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    region: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=current_time)


class Host(Base):
    """A machine that instances are placed on. `generation` rises with every change of its claims or settings."""

    __tablename__ = "hosts"

    id: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(ForeignKey("zones.name"), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    dedicated_tenant_id: Mapped[str | None]
    instances: Mapped[int] = mapped_column(default=0)
    max_instances: Mapped[int]
    forced_down: Mapped[bool] = mapped_column(default=False)
    evacuating: Mapped[bool] = mapped_column(default=False)
    """Whether what is left on it, dead as it is, is to be rebuilt elsewhere."""
    generation: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=current_time)
    updated_at: Mapped[datetime] = mapped_column(default=current_time, onupdate=current_time)


class InventoryRow(Base):
    """How much of one resource a host has, in base units."""

    __tablename__ = "inventories"

    host_id: Mapped[str] = mapped_column(ForeignKey("hosts.id", ondelete="CASCADE"), primary_key=True)
    resource_class: Mapped[str] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    allocation_ratio: Mapped[Decimal] = mapped_column(Numeric(9, 4))
    min_unit: Mapped[int] = mapped_column(BigInteger)
    max_unit: Mapped[int] = mapped_column(BigInteger)
    step_unit: Mapped[int] = mapped_column(BigInteger)


class ClaimRow(Base):
    """What an instance holds of a host, in the customer's units. On the move it holds claims on two of them."""

    __tablename__ = "claims"

    instance_id: Mapped[str] = mapped_column(primary_key=True)
    host_id: Mapped[str] = mapped_column(ForeignKey("hosts.id"), primary_key=True, index=True)
    resource_class: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 3))


class ServerGroup(TenantRow, Base):
    """Instances whose placement depends on each other."""

    __tablename__ = "server_groups"

    name: Mapped[str]
    policy: Mapped[str]


class Instance(TenantRow, Base):
    """A virtual machine of a tenant."""

    __tablename__ = "instances"

    name: Mapped[str]
    state: Mapped[str]
    flavor: Mapped[str | None]
    vcpus: Mapped[Decimal] = mapped_column(Numeric(10, 3))
    memory_mib: Mapped[int]
    disk_gib: Mapped[int]
    image: Mapped[str]
    provider: Mapped[str]
    region: Mapped[str]
    zone: Mapped[str] = mapped_column(ForeignKey("zones.name"))
    host_id: Mapped[str] = mapped_column(ForeignKey("hosts.id"), index=True)
    tenancy: Mapped[str]
    group_id: Mapped[str | None] = mapped_column(ForeignKey("server_groups.id"), index=True)
    deferred_start: Mapped[bool]
    labels: Mapped[dict[str, str]]
    preemptible: Mapped[bool] = mapped_column(default=False)
    preempted_by: Mapped[str | None]
    """The instance that this one gives way to. That one is built once this one is gone."""
    quota_key: Mapped[str]
    node_id: Mapped[str | None]
    metered_from: Mapped[datetime | None]
    resize_to: Mapped[dict[str, Any] | None]
    resume_state: Mapped[str | None]
    last_error: Mapped[str | None]


class Migration(TenantRow, Base):
    """One move of an instance from a host to another, running or ended."""

    __tablename__ = "migrations"

    instance_id: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    source_host: Mapped[str]
    dest_host: Mapped[str]
    error: Mapped[str | None]


class Standing(Base):
    """How a tenant stands that isn't active, and on whose account: what it has follows, whenever that can be."""

    __tablename__ = "tenant_standings"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    standing: Mapped[str]
    actor: Mapped[str]
    correlation_id: Mapped[str]


class SimulatedNode(Base):
    """A node of a simulated provider: the provider's own record, not the platform's."""

    __tablename__ = "simulated_nodes"
    __table_args__ = (UniqueConstraint("provider", "client_token"),)

    provider: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    location: Mapped[str]
    host: Mapped[str]
    image: Mapped[str]
    client_token: Mapped[str]
    extra: Mapped[dict[str, str]]


class SimulatedFault(Base):
    """A failure that a drill asks of a simulated provider, for the next `remaining` requests that match."""

    __tablename__ = "simulated_faults"

    id: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str | None]
    operation: Mapped[str]
    tenant_id: Mapped[str | None]
    kind: Mapped[str]
    latency_ms: Mapped[int]
    remaining: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=current_time)
