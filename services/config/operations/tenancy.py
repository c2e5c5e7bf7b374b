"""The end of tenants."""

from __future__ import annotations

from datetime import timedelta

from services.config.operations.environments import remove_environments
from services.config.operations.flags import remove_flags
from services.config.ports import Ports
from services.config.repository import closed_tenants
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.config")

LAST_REQUESTS = timedelta(seconds=30)
"""How long after a tenant was closed a request of its, which began before, may still leave something behind."""


def close(ports: Ports) -> None:
    """Nothing of a tenant that is gone stays behind; what comes at this moment is looked for again later."""
    closed_tenants.note(ports.clock.now())
    _remove_everything(ports)


def remove_late(transactions: TransactionRunner, ports: Ports) -> None:
    """Remove what requests that were under way when their tenants were closed have left.

    Each tenant's trouble is its own, and is tried again.
    """
    latest = ports.clock.now() - LAST_REQUESTS
    for tenant_id in transactions.run(lambda _connection: closed_tenants.before(latest)):
        with service_context("config", tenant_id, ports.clock, work=Work("remove what a closed tenant left")):
            try:
                transactions.run(lambda _connection: _remove_at_last(ports))
            except Exception:
                log.exception("what a closed tenant left stays for now", tenant=tenant_id)


def _remove_at_last(ports: Ports) -> None:
    _remove_everything(ports)
    closed_tenants.forget()


def _remove_everything(ports: Ports) -> None:
    remove_environments(ports)
    remove_flags()
