"""The data plane: which backend gets a connection, and what is learnt from checks and requests.

Picks and reports change no configuration, so they are no events; a change of health is one. The pool's row is locked,
so that concurrent picks follow one sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from services.loadbalancer import published
from services.loadbalancer.domain import health, outliers
from services.loadbalancer.domain.algorithms import Algorithm, least_connections, smooth_weighted_round_robin
from services.loadbalancer.domain.backends import (
    Backend,
    begins_slowly,
    candidates,
    is_usable,
    slow_start_weight,
)
from services.loadbalancer.domain.errors import KeyRequired, NoBackend
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import BackendRepository, PoolRepository
from services.loadbalancer.tables import BackendRow, Pool
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.preconditions import EntityTags


@dataclass(frozen=True)
class Picked:
    """The backend of a new connection, and whether health was ignored to find it."""

    backend: BackendRow
    panic: bool


def pick(
    session: Session,
    ports: Ports,
    pool_id: str,
    key: str | None,
    session_backend: str | None,
    expected: EntityTags | None,
) -> Picked:
    """Choose the backend of a new connection and count the connection.

    In a sticky pool `session_backend`, the backend of the session so far, is kept while it works, draining or not.
    Raises NotFound, VersionConflict, NoBackend or KeyRequired.
    """
    _prepare_ring(session, ports, pool_id)
    pool = PoolRepository(session).get(pool_id, lock=True)
    check_version(pool, expected)
    rows = {row.id: row for row in BackendRepository(session).of(pool)}
    now = ports.clock.now()
    backends = [row.facts() for row in rows.values()]
    kept = next((each for each in backends if each.id == session_backend), None) if pool.sticky else None
    if kept is not None and is_usable(kept, now):
        rows[kept.id].connections += 1
        return Picked(rows[kept.id], panic=False)
    choice = candidates(backends, now, pool.panic_threshold_percent)
    if not choice.candidates:
        raise NoBackend(f"no backend of the pool {pool.name} takes new connections")
    chosen = rows[_choose(ports, pool, choice.candidates, rows, key, now)]
    chosen.connections += 1
    return Picked(chosen, choice.panic)


def _prepare_ring(session: Session, ports: Ports, pool_id: str) -> None:
    """Have the ring made before the pool is locked: a large one takes seconds, and others want to pick meanwhile."""
    if weights := BackendRepository(session).hashed_weights(pool_id):
        ports.rings.of(weights)


def _choose(
    ports: Ports, pool: Pool, backends: list[Backend], rows: dict[str, BackendRow], key: str | None, now: datetime
) -> str:
    weights = {
        each.id: slow_start_weight(each.weight, each.admitted_at, now, pool.slow_start_seconds) for each in backends
    }
    if pool.algorithm == Algorithm.CONSISTENT_HASH:
        if key is None:
            raise KeyRequired("consistent hashing needs a key")
        ring = ports.rings.of({row.id: row.weight for row in rows.values() if row.weight > 0})
        return ring.owner(key, {each.id for each in backends})
    choose = least_connections if pool.algorithm == Algorithm.LEAST_CONNECTIONS else smooth_weighted_round_robin
    picked = choose(backends, weights)
    for backend_id, current in picked.current_weights.items():
        rows[backend_id].current_weight = current
    return picked.backend.id


def close_connection(session: Session, pool_id: str, backend_id: str, expected: EntityTags | None) -> BackendRow:
    """A connection to a backend has ended. Raises NotFound or VersionConflict."""
    backend = _locked(session, pool_id, backend_id, expected)[1]
    backend.connections = max(0, backend.connections - 1)
    return backend


def report_check(
    session: Session, ports: Ports, pool_id: str, backend_id: str, passed: bool, expected: EntityTags | None = None
) -> BackendRow:
    """The result of an active check, the tenant's own or the prober's. Raises NotFound or VersionConflict."""
    pool, backend = _locked(session, pool_id, backend_id, expected)
    before = health.Health(backend.healthy, backend.contrary_checks)
    after = health.observe(before, passed, pool.rise, pool.fall)
    backend.healthy, backend.contrary_checks = after.healthy, after.contrary
    if after.healthy != before.healthy:
        if after.healthy:
            backend.admitted_at = ports.clock.now() if _begins_slowly(session, ports, pool, backend) else None
        _tell_health(session, backend)
    return backend


def report_outcome(
    session: Session, ports: Ports, pool_id: str, backend_id: str, succeeded: bool, expected: EntityTags | None
) -> BackendRow:
    """The outcome of a real request: who fails in a row is ejected for a while. Raises NotFound or VersionConflict."""
    pool, backend = _locked(session, pool_id, backend_id, expected)
    now = ports.clock.now()
    others = BackendRepository(session).of(pool)
    ejected = sum(outliers.is_ejected(row.ejected_until, now) for row in others)
    before = outliers.Outlier(backend.failures, backend.ejections, backend.ejected_until)
    allowed = outliers.may_eject(ejected, len(others), pool.max_ejected_percent)
    after = outliers.record(before, succeeded, now, may_be_ejected=allowed)
    backend.failures, backend.ejections, backend.ejected_until = after.failures, after.ejections, after.ejected_until
    if after.ejected_until != before.ejected_until:
        _tell_health(session, backend)
    return backend


def _locked(session: Session, pool_id: str, backend_id: str, expected: EntityTags | None) -> tuple[Pool, BackendRow]:
    pool = PoolRepository(session).get(pool_id, lock=True)
    check_version(pool, expected)
    return pool, BackendRepository(session).in_pool(pool, backend_id)


def _begins_slowly(session: Session, ports: Ports, pool: Pool, backend: BackendRow) -> bool:
    others = [row.facts() for row in BackendRepository(session).of(pool) if row.id != backend.id]
    return begins_slowly(others, ports.clock.now(), pool.slow_start_seconds)


def _tell_health(session: Session, backend: BackendRow) -> None:
    touch(backend)
    published.backend_health_changed(session, backend)
