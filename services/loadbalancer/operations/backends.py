"""Backends of pools: added, changed and removed. The pool's row is locked by each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer import published
from services.loadbalancer.domain.backends import AdminState
from services.loadbalancer.domain.targets import check_address
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import BackendRepository, PoolRepository
from services.loadbalancer.tables import BackendRow
from shared.infra.db.sqlalchemy import check_version, touch
from shared.utils.ids import new_id


def add_backend(session: Session, ports: Ports, pool_id: str, address: str, port: int, weight: int) -> BackendRow:
    """A new backend, healthy until its checks say otherwise, with slow start.

    Raises NotFound, AddressRefused or BackendExists.
    """
    pool = PoolRepository(session).get(pool_id, lock=True)
    backend = BackendRepository(session).create(
        BackendRow(
            id=new_id("be"),
            tenant_id=pool.tenant_id,
            version=1,
            pool_id=pool.id,
            address=check_address(address),
            port=port,
            weight=weight,
            state=AdminState.ACTIVE,
            admitted_at=ports.clock.now(),
        )
    )
    published.backend_created(session, backend)
    return backend


def change_backend(
    session: Session, pool_id: str, backend_id: str, changes: Mapping[str, Any], expected: int | None
) -> BackendRow:
    """Change a backend's weight, or drain it. Raises NotFound or VersionConflict."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backend = BackendRepository(session).in_pool(pool, backend_id)
    check_version(backend, expected)
    for name, value in changes.items():
        setattr(backend, name, value)
    touch(backend)
    published.backend_updated(session, backend)
    return backend


def remove_backend(session: Session, pool_id: str, backend_id: str) -> None:
    """Take a backend out of its pool. Raises NotFound."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backends = BackendRepository(session)
    backend = backends.in_pool(pool, backend_id)
    touch(backend)
    published.backend_deleted(session, backend)
    backends.remove(backend)
