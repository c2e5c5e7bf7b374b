"""The loop that meters what lives on, so that a bill doesn't wait for the end of what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.events.processing import TransactionRunner
from shared.infra.periodic import Periodic
from shared.kernel.context import service_context
from shared.kernel.logs import logger
from shared.kernel.tracing import Work
from shared.utils.clock import Clock

log = logger("shared.metering")


def usage_meter(
    service: str,
    clock: Clock,
    transactions: TransactionRunner,
    interval_seconds: float,
    *,
    due: Callable[[Any, datetime], Sequence[str]],
    flush: Callable[[Any], int],
) -> Periodic:
    """Record the usage of every tenant that has some older than the interval, one transaction a tenant.

    `due(transaction, before)` gives the tenants with something metered since before that time; `flush(transaction)`
    records the usage of the context's tenant up to now. What fails for one tenant stops no other, and is tried again
    soon.
    """

    def meter_all() -> None:
        before = clock.now() - timedelta(seconds=interval_seconds)
        failures: list[Exception] = []
        for tenant_id in transactions.run(lambda transaction: due(transaction, before)):
            with service_context(service, tenant_id, clock, work=Work("meter usage")):
                try:
                    transactions.run(flush)
                except Exception as error:
                    log.exception("usage could not be metered; it is tried again", tenant=tenant_id)
                    failures.append(error)
        if failures:
            raise failures[0]

    return Periodic("usage-meter", interval_seconds, meter_all)
