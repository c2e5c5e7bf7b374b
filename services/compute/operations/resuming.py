"""Going on with what nobody is at: a process died over it, or its event is late.

The event that asked for the work comes again after a crash, but only once the broker has noticed that its consumer
died, and not at all when it was put aside. Whoever is alive takes the work up.
"""

from __future__ import annotations

from datetime import timedelta

from services.compute.operations import provisioning
from services.compute.ports import Ports
from services.compute.repository import unfinished
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.compute")


def resume_all(transactions: TransactionRunner, ports: Ports, waited_seconds: float) -> None:
    """Take up every instance, whoever's it is, that has waited for work so long and that nobody works on.

    May be repeated at any time and by any number of processes: who works on an instance has it in hand until the end
    of the transaction, and a step that comes second finds nothing to do.
    """
    since = ports.clock.now() - timedelta(seconds=waited_seconds)
    for tenant_id, instance_id in transactions.run(lambda session: unfinished(session, since)):
        try:
            _resume(transactions, ports, tenant_id, instance_id)
        except Exception:
            log.exception("an instance can't be taken up; it is tried again", instance=instance_id)


def _resume(transactions: TransactionRunner, ports: Ports, tenant_id: str, instance_id: str) -> None:
    """One instance: a build that hasn't begun begins, work in progress goes on; each in its transaction."""
    with service_context("compute", tenant_id, ports.clock, work=Work("resume an instance")):
        transactions.run(lambda session: provisioning.begin(session, ports, instance_id))
        transactions.run(lambda session: provisioning.advance(session, ports, instance_id, wait=False))
