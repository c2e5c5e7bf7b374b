"""Hands work on instances to threads that may wait for a provider: nobody who consumes events or looks round does.

What is handed over lives in this process alone; after its death whoever is alive finds it again (`resuming`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial

from sqlalchemy.orm import Session

from services.compute.domain.instances import IN_PROGRESS
from services.compute.operations import provisioning, tenancy
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository
from shared.kernel.context import RequestContext, current, current_tenant, service_context
from shared.kernel.tracing import Work

STEP = Work("step of an instance")

TENANT_SHARE = 3
PROVIDER_SHARE = 8
"""How many instances of a tenant, and of a provider, are worked on at a time. A tenant leaves room at each provider for
others, and a provider that hangs leaves room for the other providers."""


def dispatch(session: Session, ports: Ports, instance_id: str) -> None:
    """Have an instance's next step taken soon, on account of whoever the present context is for; nothing where it waits
    for none."""
    instance = InstanceRepository(session).find(instance_id)
    if instance is not None and instance.state in IN_PROGRESS:
        ports.workers.ask(instance_id, _parties(instance.provider), partial(_take, ports, instance_id, current()))


def take_up(ports: Ports, instance_id: str, provider: str) -> None:
    """Have an instance that nobody seems to be at begun with or gone on with; nothing where this process is at it."""
    work = partial(_begin_and_take, ports, instance_id, current())
    ports.workers.ask(instance_id, _parties(provider), work, again=False)


def _parties(provider: str) -> dict[str, int]:
    return {f"tenant {current_tenant()}": TENANT_SHARE, f"provider {provider}": PROVIDER_SHARE}


def _begin_and_take(ports: Ports, instance_id: str, asked: RequestContext) -> None:
    with _work_for(ports, asked):
        ports.transactions.run(lambda session: provisioning.begin(session, ports, instance_id))
    _take(ports, instance_id, asked)


def _take(ports: Ports, instance_id: str, asked: RequestContext) -> None:
    """Work in progress goes on, and then its tenant's standing counts.

    Each is a transaction of its own, and finds nothing to do when somebody else has done it.
    """
    with _work_for(ports, asked):
        ports.transactions.run(lambda session: provisioning.advance(session, ports, instance_id))
        ports.transactions.run(lambda session: tenancy.follow(session, ports, instance_id))


def _work_for(ports: Ports, asked: RequestContext) -> AbstractContextManager[RequestContext]:
    """A context of its own for a thread, in the same tenant, on the same account and in the same trace."""
    return service_context(
        "compute",
        asked.tenant_id,
        ports.clock,
        actor=asked.caller.responsible,
        correlation_id=asked.correlation_id,
        traceparent=asked.traceparent,
        tracestate=asked.tracestate,
        work=STEP,
    )
