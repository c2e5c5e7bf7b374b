"""What loadbalancer tells: one function an event."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer.tables import BackendRow, LoadBalancer, Pool
from shared.events import publish

POOL, BACKEND = "loadbalancer.pool", "loadbalancer.backend"
"""How the events of pools and backends begin."""
POOL_FACTS = (
    "id",
    "name",
    "algorithm",
    "rise",
    "fall",
    "panic_threshold_percent",
    "max_ejected_percent",
    "slow_start_seconds",
    "sticky",
    "hash_key",
    "hash_name",
    "active_check",
    "check_path",
    "check_interval_seconds",
    "check_timeout_seconds",
)
BACKEND_FACTS = ("id", "pool_id", "address", "port", "weight", "state", "healthy")


def pool_created(session: Session, pool: Pool) -> None:
    """There is a new pool."""
    _of_pool(session, "loadbalancer.pool.created", pool)


def pool_updated(session: Session, pool: Pool) -> None:
    """A pool balances or checks in another way."""
    _of_pool(session, "loadbalancer.pool.updated", pool)


def pool_deleted(session: Session, pool: Pool) -> None:
    """A pool is gone, with its backends."""
    _of_pool(session, "loadbalancer.pool.deleted", pool)


def backend_created(session: Session, backend: BackendRow) -> None:
    """There is a new backend."""
    _of_backend(session, "loadbalancer.backend.created", backend)


def backend_updated(session: Session, backend: BackendRow) -> None:
    """A backend has another weight, drains, or drains no longer."""
    _of_backend(session, "loadbalancer.backend.updated", backend)


def backend_deleted(session: Session, backend: BackendRow) -> None:
    """A backend is gone."""
    _of_backend(session, "loadbalancer.backend.deleted", backend)


def backend_health_changed(session: Session, backend: BackendRow) -> None:
    """A backend is healthy again, is so no longer, or is ejected for a while."""
    _of_backend(session, "loadbalancer.backend.health_changed", backend)


def load_balancer_created(session: Session, row: LoadBalancer) -> None:
    """There is a new load balancer."""
    _of_load_balancer(session, "loadbalancer.load_balancer.created", row)


def load_balancer_updated(session: Session, row: LoadBalancer) -> None:
    """A load balancer has other listeners."""
    _of_load_balancer(session, "loadbalancer.load_balancer.updated", row)


def load_balancer_deleted(session: Session, row: LoadBalancer) -> None:
    """A load balancer is gone."""
    _of_load_balancer(session, "loadbalancer.load_balancer.deleted", row)


def pool_facts(pool: Pool) -> dict[str, Any]:
    """What is told of a pool."""
    return {name: getattr(pool, name) for name in POOL_FACTS}


def backend_facts(backend: BackendRow) -> dict[str, Any]:
    """What is told of a backend."""
    until = backend.ejected_until.isoformat() if backend.ejected_until else None
    return {**{name: getattr(backend, name) for name in BACKEND_FACTS}, "ejected_until": until}


def _of_pool(session: Session, kind: str, pool: Pool) -> None:
    _publish(session, kind, pool, pool_facts(pool))


def _of_backend(session: Session, kind: str, backend: BackendRow) -> None:
    _publish(session, kind, backend, backend_facts(backend))


def _of_load_balancer(session: Session, kind: str, row: LoadBalancer) -> None:
    listeners = [{"port": each.port, "protocol": str(each.protocol), "pool_id": each.pool_id} for each in row.listeners]
    _publish(session, kind, row, {"id": row.id, "name": row.name, "listeners": listeners})


def _publish(session: Session, kind: str, row: Pool | BackendRow | LoadBalancer, data: dict[str, Any]) -> None:
    publish(session, kind, subject=row.id, data=data, sequence=row.version)
