"""Where tenants are in their life: nothing is done for one that is suspended, and nothing stays of one that is gone."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from services.monitor.operations.rules import delete_rules
from services.monitor.ports import Ports
from services.monitor.repository import closed_before, forget_tenant, resume_tenant, stop_tenant
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.monitor")

LAST_REQUESTS = timedelta(seconds=30)
"""How long after a tenant was closed a request of its, which began before, may still leave something behind."""


def suspend(session: Session) -> None:
    """Evaluate the context's tenant's rules no more in the background; everything stays as it is."""
    stop_tenant(session)


def resume(session: Session) -> None:
    """Evaluate them again."""
    resume_tenant(session)


def close(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind, and look again later for what came at this moment."""
    stop_tenant(session, closed_at=ports.clock.now())
    _remove_everything(session)


def remove_late(transactions: TransactionRunner, ports: Ports) -> None:
    """Remove what requests that were under way when their tenants were closed have left."""
    latest = ports.clock.now() - LAST_REQUESTS
    for tenant_id in transactions.run(lambda session: closed_before(session, latest)):
        with service_context("monitor", tenant_id, ports.clock, work=Work("remove what a closed tenant left")):
            try:
                transactions.run(_remove_at_last)
            except Exception:  # What is left of one tenant must not keep another's from going.
                log.exception("what a closed tenant left was not removed", tenant_id=tenant_id)


def _remove_at_last(session: Session) -> None:
    _remove_everything(session)
    resume_tenant(session)


def _remove_everything(session: Session) -> None:
    delete_rules(session)
    forget_tenant(session)
