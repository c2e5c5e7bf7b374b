"""Emptying dead hosts: each instance that can leave is begun to be rebuilt elsewhere, by whoever is alive."""

from __future__ import annotations

from services.compute.domain.errors import NoValidHost
from services.compute.domain.migrations import MigrationKind
from services.compute.operations.migrations import move_instance
from services.compute.ports import Ports
from services.compute.repository import left_on_dead_hosts
from shared.errors import Conflict, NotFound, ServiceUnavailable
from shared.events.processing import TransactionRunner
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work

log = logger("services.compute")


def evacuate_all(transactions: TransactionRunner, ports: Ports) -> None:
    """Begin to move every instance, whoever's it is, that can leave a host which an operator lets be evacuated.

    May be repeated at any time and by any number of processes: an instance that is on its way isn't in a state to leave
    once more. What there is no room for is tried again the next time.
    """
    for tenant_id, instance_id in transactions.run(left_on_dead_hosts):
        try:
            _evacuate(transactions, ports, tenant_id, instance_id)
        except NoValidHost:
            log.warning("no host has room for an instance of a dead host; it is tried again", instance=instance_id)
        except (Conflict, NotFound, ServiceUnavailable):
            log.info("an instance of a dead host is elsewhere by now, or is tried again", instance=instance_id)
        except Exception:
            log.exception("an instance of a dead host can't be evacuated; it is tried again", instance=instance_id)


def _evacuate(transactions: TransactionRunner, ports: Ports, tenant_id: str, instance_id: str) -> None:
    with service_context("compute", tenant_id, ports.clock, work=Work("evacuate an instance")):
        transactions.run(
            lambda session: move_instance(session, ports, instance_id, MigrationKind.EVACUATION, None, None)
        )
