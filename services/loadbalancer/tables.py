"""Tables of loadbalancer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.loadbalancer.domain.backends import AdminState, Backend
from shared.infra.db.sqlalchemy import TenantRow


class Base(DeclarativeBase):
    """Declarative base of this service."""


class Pool(TenantRow, Base):
    """Backends that do the same work, and how connections are spread over them. Its row is the lock of them all."""

    __tablename__ = "pools"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="pool_name_once"),)
    name: Mapped[str] = mapped_column(Text)
    algorithm: Mapped[str] = mapped_column(Text)
    rise: Mapped[int]
    fall: Mapped[int]
    check_interval_seconds: Mapped[int]
    panic_threshold_percent: Mapped[int]
    max_ejected_percent: Mapped[int]
    slow_start_seconds: Mapped[int]
    sticky: Mapped[bool]
    active_check: Mapped[str] = mapped_column(Text)
    check_path: Mapped[str] = mapped_column(Text)
    check_timeout_seconds: Mapped[float]
    hash_key: Mapped[str] = mapped_column(Text)
    hash_name: Mapped[str | None] = mapped_column(Text)
    backends: Mapped[list[BackendRow]] = relationship(
        back_populates="pool", order_by="BackendRow.id", cascade="all, delete-orphan", passive_deletes=True
    )


class BackendRow(TenantRow, Base):
    """A backend: what the tenant wants of it, and what is known of its health and load."""

    __tablename__ = "backends"
    __table_args__ = (UniqueConstraint("pool_id", "address", "port", name="backend_once"),)
    pool_id: Mapped[str] = mapped_column(ForeignKey("pools.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(Text)
    port: Mapped[int]
    weight: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    healthy: Mapped[bool] = mapped_column(default=True)
    contrary_checks: Mapped[int] = mapped_column(default=0)
    current_weight: Mapped[int] = mapped_column(default=0)
    connections: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    ejections: Mapped[int] = mapped_column(default=0)
    ejected_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    admitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    check_result: Mapped[str | None] = mapped_column(Text)
    pool: Mapped[Pool] = relationship(back_populates="backends")

    def facts(self) -> Backend:
        """The backend as the rules have it."""
        return Backend(
            id=self.id,
            weight=self.weight,
            state=AdminState(self.state),
            healthy=self.healthy,
            current_weight=self.current_weight,
            connections=self.connections,
            ejected_until=self.ejected_until,
            admitted_at=self.admitted_at,
        )


class TenantStanding(Base):
    """What the tenants service last said of a tenant, by the sequence of its event; no row: nothing, it is active."""

    __tablename__ = "tenant_standings"
    tenant_id: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)


class LoadBalancer(TenantRow, Base):
    """A load balancer: ports that are listened on, each in front of a pool. Usage is told up to `metered_from`."""

    __tablename__ = "load_balancers"
    __table_args__ = (UniqueConstraint("tenant_id", "name", name="load_balancer_name_once"),)
    name: Mapped[str] = mapped_column(Text)
    metered_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), nullable=False)
    listeners: Mapped[list[Listener]] = relationship(
        order_by="Listener.port", cascade="all, delete-orphan", passive_deletes=True
    )


class Listener(Base):
    """A port of a load balancer."""

    __tablename__ = "listeners"
    load_balancer_id: Mapped[str] = mapped_column(ForeignKey("load_balancers.id", ondelete="CASCADE"), primary_key=True)
    port: Mapped[int] = mapped_column(primary_key=True)
    protocol: Mapped[str] = mapped_column(Text)
    pool_id: Mapped[str] = mapped_column(ForeignKey("pools.id"), index=True)
