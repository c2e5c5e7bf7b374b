"""Placing at the cost of instances whose owners agreed to give way.

The order takes the victims' claims over in its own transaction, so that nobody else gets between; the victims are
deleted by their own events, and the order is built once their nodes are gone (`provisioning`).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.domain.claims import claims_for
from services.compute.domain.errors import NoValidHost, PlacementContended
from services.compute.domain.hosts import HostState
from services.compute.domain.placement import PlacementRequest
from services.compute.domain.preemption import choose_victims
from services.compute.operations.placing import ATTEMPTS, place, return_claims
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import ClaimRepository, HostRepository, lock_preemptible, preemptible_in
from services.compute.tables import Instance
from shared.infra.state_machine import ResourceState
from shared.kernel.context import current, service_context
from shared.kernel.tracing import Work

ROOM = frozenset({"instance_slots", "capacity", "group"})
"""Filters after which it is worth looking for room: they refuse what was left when the others had accepted."""
NOTICE = "preempted: its capacity is needed"
PREEMPTED = "preempted"
PREEMPTING = "preempting"


def place_before_others(session: Session, ports: Ports, instance_id: str, request: PlacementRequest) -> HostState:
    """The host that the instance now holds claims on, where there was no room with preemptible instances displaced.

    Raises NoValidHost or PlacementContended.
    """
    try:
        return place(session, instance_id, request)
    except NoValidHost as refused:
        if refused.extra["rejected_by"] not in ROOM:
            raise
        return _preempt(session, ports, instance_id, request, refused)


def _preempt(
    session: Session, ports: Ports, instance_id: str, request: PlacementRequest, refused: NoValidHost
) -> HostState:
    hosts = HostRepository(session)
    where = {"provider": request.provider, "region": request.region, "zone": request.zone}
    if not preemptible_in(session, **where):
        raise refused
    # One after the other: of two that choose the same victims one would choose in vain.
    hosts.queue(PREEMPTING, *where.values())
    for _ in range(ATTEMPTS):
        choice = choose_victims(hosts.candidates(**where), preemptible_in(session, **where), request)
        if choice is None:
            raise refused
        host, chosen = choice
        # Instances before hosts, the order in which everybody locks.
        victims = lock_preemptible(session, [victim.instance_id for victim in chosen])
        if len(victims) == len(chosen) and hosts.take_generation(host.id, host.generation, instances=1):
            for victim in victims:
                _displace(session, ports, victim, instance_id)
            ClaimRepository(session).add(claims_for(instance_id, host.id, request.resources))
            return host
    raise PlacementContended(f"room was taken {ATTEMPTS} times while it was being made", retry_after=1)


def _displace(session: Session, ports: Ports, victim: Instance, instance_id: str) -> None:
    """Delete a locked instance in its own tenant's name: what it used and its events are that tenant's."""
    present = current()
    with service_context(
        "compute",
        victim.tenant_id,
        ports.clock,
        correlation_id=present.correlation_id,
        traceparent=present.traceparent,
        tracestate=present.tracestate,
        work=Work("preempt an instance"),
    ):
        return_claims(session, victim.id)
        victim.preempted_by = instance_id
        change_state(session, ports, victim, ResourceState.DELETING, error=NOTICE, reason=PREEMPTED)
