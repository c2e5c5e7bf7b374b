"""Pools: made, changed and ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.loadbalancer import published
from services.loadbalancer.domain.errors import PoolInUse
from services.loadbalancer.domain.haproxy import HashKey, check_hash_key
from services.loadbalancer.domain.probes import ActiveCheck, check_times
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import PoolRepository
from services.loadbalancer.tables import Pool
from shared.events.admission import ask, ask_again
from shared.events.closing import pass_gate
from shared.events.resources import UPDATE
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_pool(session: Session, values: Mapping[str, Any]) -> Pool:
    """A new pool without backends. Raises NameTaken, TenantNotActive, InvalidHealthCheck or InvalidHashKey."""
    pool = Pool(id=new_id("pool"), tenant_id=current_tenant(), version=1, backends=[], **values)
    _check(pool)
    pass_gate(session)
    PoolRepository(session).create(pool)
    published.pool_created(session, pool)
    return pool


def _check(pool: Pool) -> None:
    """Raises InvalidHealthCheck or InvalidHashKey for values that contradict each other."""
    check_times(ActiveCheck(pool.active_check), pool.check_interval_seconds, pool.check_timeout_seconds)
    check_hash_key(HashKey(pool.hash_key), pool.hash_name)


def change_pool(
    session: Session, ports: Ports, id: str, changes: Mapping[str, Any], expected: EntityTags | None
) -> Pool:
    """Change how a pool balances and checks. Raises NotFound, VersionConflict, InvalidHealthCheck or InvalidHashKey."""
    pools = PoolRepository(session)
    pool = pools.get(id)
    check_version(pool, expected)
    asked = {**published.pool_facts(pool), **changes}
    ask(published.POOL, pool.id, UPDATE, asked)
    session.expire(pool)  # It isn't locked while somebody else is asked, so it is read anew.
    pool = pools.get(id, lock=True)
    check_version(pool, expected)
    if {**published.pool_facts(pool), **changes} != asked:
        ask_again(published.POOL, pool.id, UPDATE)
    if changes.get("algorithm", pool.algorithm) != pool.algorithm:
        for backend in pool.backends:  # each algorithm has a memory of its own
            backend.current_weight = 0
    checked_before = pool.active_check
    for name, value in changes.items():
        setattr(pool, name, value)
    _check(pool)
    if pool.active_check != checked_before:
        for backend in pool.backends:
            backend.next_check_at = None if pool.active_check == ActiveCheck.NONE else ports.clock.now()
    touch(pool)
    published.pool_updated(session, pool)
    return pool


def delete_pool(session: Session, id: str, expected: EntityTags | None) -> None:
    """Remove a pool that no listener uses, with its backends. Raises NotFound, VersionConflict or PoolInUse."""
    pools = PoolRepository(session)
    pool = pools.ending(id)
    check_version(pool, expected)
    if pools.in_use(pool):
        raise PoolInUse(f"a listener uses the pool {pool.name}: change or delete it first")
    end(session, pool)


def end(session: Session, pool: Pool) -> None:
    """The last of a locked pool that no listener uses."""
    touch(pool)
    published.pool_deleted(session, pool)
    PoolRepository(session).remove(pool)
