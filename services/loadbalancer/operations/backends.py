"""Backends of pools: added, changed and removed. The pool's row is locked by each.

Policies are asked before that: whoever is slow to answer holds up no connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer import published
from services.loadbalancer.domain.algorithms import Algorithm
from services.loadbalancer.domain.backends import MAX_BACKENDS, AdminState, begins_slowly
from services.loadbalancer.domain.errors import BackendLimit
from services.loadbalancer.domain.probes import ActiveCheck
from services.loadbalancer.domain.targets import check_address
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import BackendRepository, PoolRepository
from services.loadbalancer.tables import BackendRow, Pool
from shared.events.admission import ask, ask_again
from shared.events.resources import CREATE, UPDATE
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def add_backend(
    session: Session, ports: Ports, pool_id: str, address: str, port: int, weight: int, expected: EntityTags | None
) -> BackendRow:
    """A new backend, healthy until its checks say otherwise; beside others that work it begins slowly.

    Raises NotFound, VersionConflict, AddressRefused, BackendLimit or BackendExists.
    """
    pools, backends, now = PoolRepository(session), BackendRepository(session), ports.clock.now()
    pool = pools.get(pool_id)
    check_version(pool, expected)
    backend = BackendRow(
        id=new_id("be"),
        tenant_id=pool.tenant_id,
        version=1,
        pool_id=pool.id,
        address=check_address(address),
        port=port,
        weight=weight,
        state=AdminState.ACTIVE,
        healthy=True,
    )
    ask(published.BACKEND, backend.id, CREATE, published.backend_facts(backend))
    session.expire(pool)  # It isn't locked while somebody else is asked, so it is read anew.
    pool = pools.get(pool_id, lock=True)
    check_version(pool, expected)
    others = [row.facts() for row in backends.of(pool)]
    if len(others) >= MAX_BACKENDS:
        raise BackendLimit(f"a pool has at most {MAX_BACKENDS} backends")
    backend.admitted_at = now if begins_slowly(others, now, pool.slow_start_seconds) else None
    backend.next_check_at = None if pool.active_check == ActiveCheck.NONE else now
    backends.create(backend)
    published.backend_created(session, backend)
    return backend


def change_backend(
    session: Session, pool_id: str, backend_id: str, changes: Mapping[str, Any], expected: EntityTags | None
) -> BackendRow:
    """Change a backend's weight, or drain it. Raises NotFound or VersionConflict."""
    pools, backends = PoolRepository(session), BackendRepository(session)
    pool = pools.get(pool_id)
    backend = backends.in_pool(pool, backend_id)
    check_version(backend, expected)
    asked = {**published.backend_facts(backend), **changes}
    ask(published.BACKEND, backend.id, UPDATE, asked)
    session.expire_all()  # Nothing is locked while somebody else is asked, so all is read anew.
    pool = pools.get(pool_id, lock=True)
    backend = backends.in_pool(pool, backend_id)
    check_version(backend, expected)
    if {**published.backend_facts(backend), **changes} != asked:
        ask_again(published.BACKEND, backend.id, UPDATE)
    if changes.get("weight", backend.weight) != backend.weight:
        _forget_turns(pool)
    for name, value in changes.items():
        setattr(backend, name, value)
    touch(backend)
    published.backend_updated(session, backend)
    return backend


def remove_backend(session: Session, pool_id: str, backend_id: str, expected: EntityTags | None) -> None:
    """Take a backend out of its pool. Raises NotFound or VersionConflict."""
    pool = PoolRepository(session).get(pool_id, lock=True)
    backends = BackendRepository(session)
    backend = backends.in_pool(pool, backend_id)
    check_version(backend, expected)
    _forget_turns(pool)
    touch(backend)
    published.backend_deleted(session, backend)
    backends.remove(backend)


def _forget_turns(pool: Pool) -> None:
    """Begin a new cycle: a debt in the old weights would be paid by as many connections in a row to the others."""
    if pool.algorithm == Algorithm.ROUND_ROBIN:
        for backend in pool.backends:
            backend.current_weight = 0
