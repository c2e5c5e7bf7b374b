"""Going on with what nobody is at: a process died over it, or its event is late.

The event that asked for the work comes again after a crash, but only where it wasn't handed over before, and not at all
when it was put aside. Whoever is alive takes the work up.
"""

from __future__ import annotations

from datetime import timedelta

from services.compute.operations.dispatching import take_up
from services.compute.ports import Ports
from services.compute.repository import unfinished
from shared.kernel.context import service_context
from shared.kernel.tracing import Work

RESUME = Work("resume an instance")


def resume_all(ports: Ports, waited_seconds: float) -> None:
    """Take up every instance, whoever's it is, that has waited for work so long and that nobody works on.

    May be repeated at any time and by any number of processes: who works on an instance has it in hand until the end
    of the transaction, and a step that comes second finds nothing to do.
    """
    since = ports.clock.now() - timedelta(seconds=waited_seconds)
    for tenant_id, instance_id, provider in ports.transactions.run(lambda session: unfinished(session, since)):
        with service_context("compute", tenant_id, ports.clock, work=RESUME):
            take_up(ports, instance_id, provider)
