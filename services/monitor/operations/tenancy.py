"""Where tenants are in their life: nothing is done for one that is suspended, and nothing stays of one that is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from services.monitor.operations.retention import BATCH
from services.monitor.operations.rules import delete_rules
from services.monitor.ports import Ports
from services.monitor.repository import (
    closed_tenants,
    forget_samples_of_tenant,
    forget_tenant,
    resume_tenant,
    stop_tenant,
)
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.monitor")

BATCHES = 100
"""Batches that go of one closed tenant before another's turn comes."""
LAST_REQUESTS = timedelta(seconds=30)
"""How long after a tenant was closed a request of its, which began before, may still leave something behind."""


def suspend(session: Session) -> None:
    """Evaluate the context's tenant's rules no more in the background; everything stays as it is."""
    stop_tenant(session)


def resume(session: Session) -> None:
    """Evaluate them again."""
    resume_tenant(session)


def close(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind: what one transaction may delete goes now, and soon afterwards the
    rest and what came at this moment (`remove_late`)."""
    stop_tenant(session, closed_at=ports.clock.now())
    _remove_some(session)


def remove_late(transactions: TransactionRunner, ports: Ports) -> None:
    """Remove what is left of closed tenants, and what requests that were under way when they were closed have left.

    Batch by batch, each a transaction of its own: what interrupts it leaves the rest to the next time.
    """
    latest = ports.clock.now() - LAST_REQUESTS
    for tenant_id, closed_at in transactions.run(closed_tenants).items():
        with service_context("monitor", tenant_id, ports.clock, work=Work("remove what a closed tenant left")):
            try:
                _remove_rest(transactions, _remove_at_last if closed_at < latest else _remove_some)
            except Exception:  # What is left of one tenant must not keep another's from going.
                log.exception("what a closed tenant left was not removed", tenant_id=tenant_id)


def _remove_rest(transactions: TransactionRunner, remove: Callable[[Session], bool]) -> None:
    for _ in range(BATCHES):
        if transactions.run(remove):
            return


def _remove_at_last(session: Session) -> bool:
    if gone := _remove_some(session):
        resume_tenant(session)
    return gone


def _remove_some(session: Session) -> bool:
    """Delete a batch of samples and, when no more are left, everything else; whether nothing is left."""
    delete_rules(session)
    if forget_samples_of_tenant(session, BATCH):
        return False
    forget_tenant(session)
    return True
