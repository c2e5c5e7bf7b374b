"""Active checks: which are due, and what becomes of their results.

Due checks are claimed by moving their next time on, so that each is done by one prober; one that dies loses no more
than the round that it had begun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from services.loadbalancer.domain.probes import ActiveCheck, Outcome, Probe, checks_of_tenant
from services.loadbalancer.operations import traffic
from services.loadbalancer.ports import Ports
from services.loadbalancer.repository import BackendRepository, PoolRepository, claim_due_checks
from shared.errors import NotFound


def claim(session: Session, ports: Ports, in_flight: Mapping[str, int], limit: int) -> Sequence[Probe]:
    """Checks of all tenants that are due, `limit` at most; the caller does them.

    No more of one tenant than it may have at a time, with those that it has `in_flight`.
    """
    rows = claim_due_checks(session, ports.clock.now(), in_flight, checks_of_tenant(limit), limit)
    return [
        Probe(
            tenant_id=row.tenant_id,
            pool_id=row.pool_id,
            backend_id=row.id,
            kind=ActiveCheck(row.pool.active_check),
            address=row.address,
            port=row.port,
            path=row.pool.check_path,
            timeout=row.pool.check_timeout_seconds,
        )
        for row in rows
    ]


def report(session: Session, ports: Ports, probe: Probe, outcome: Outcome) -> None:
    """Count a result, unless its backend is gone or isn't checked any more; in the context of its tenant."""
    try:
        pool = PoolRepository(session).get(probe.pool_id, lock=True)
        backend = BackendRepository(session).in_pool(pool, probe.backend_id)
    except NotFound:
        return
    if pool.active_check != probe.kind or (backend.address, backend.port) != (probe.address, probe.port):
        return
    backend.checked_at, backend.check_result = ports.clock.now(), outcome.value
    traffic.report_check(session, ports, pool.id, backend.id, outcome is Outcome.PASSED)
