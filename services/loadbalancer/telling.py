"""What loadbalancer publishes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer.domain.metering import METER, seconds
from services.loadbalancer.tables import BackendRow, LoadBalancer, Pool
from shared.events import publish

POOL_FACTS = ("id", "name", "algorithm", "rise", "fall", "panic_threshold_percent", "slow_start_seconds", "sticky")
BACKEND_FACTS = ("id", "pool_id", "address", "port", "weight", "state", "healthy")


def pool_event(session: Session, kind: str, pool: Pool) -> None:
    """Tell that something happened to a pool."""
    _publish(session, kind, pool, {name: getattr(pool, name) for name in POOL_FACTS})


def backend_event(session: Session, kind: str, backend: BackendRow) -> None:
    """Tell that something happened to a backend."""
    until = backend.ejected_until.isoformat() if backend.ejected_until else None
    _publish(
        session, kind, backend, {**{name: getattr(backend, name) for name in BACKEND_FACTS}, "ejected_until": until}
    )


def load_balancer_event(session: Session, kind: str, row: LoadBalancer) -> None:
    """Tell that something happened to a load balancer."""
    listeners = [{"port": each.port, "protocol": str(each.protocol), "pool_id": each.pool_id} for each in row.listeners]
    _publish(session, kind, row, {"id": row.id, "name": row.name, "listeners": listeners})


def usage_recorded(session: Session, row: LoadBalancer, until: datetime) -> None:
    """Tell for how long a load balancer existed."""
    data = {
        "meter": METER,
        "quantity": seconds(row.created_at, until),
        "started_at": row.created_at.isoformat(),
        "ended_at": max(until, row.created_at).isoformat(),
        "resource_id": row.id,
        "source": "loadbalancer",
    }
    _publish(session, "loadbalancer.usage.recorded", row, data)


def _publish(session: Session, kind: str, row: Pool | BackendRow | LoadBalancer, data: dict[str, Any]) -> None:
    publish(session, kind, subject=row.id, data=data, sequence=row.version)
