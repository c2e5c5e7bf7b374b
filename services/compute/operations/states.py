"""Changing an instance's state: the life cycle decides, metering and the event follow from it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.instances import LIFE_CYCLE, METERED
from services.compute.operations import usage
from services.compute.ports import Ports
from services.compute.tables import Instance
from shared.infra.db.sqlalchemy import touch
from shared.infra.state_machine import ResourceState


def change_state(
    session: Session,
    ports: Ports,
    instance: Instance,
    target: ResourceState,
    *,
    error: str | None = None,
    reason: str | None = None,
) -> None:
    """Move a locked instance to another state. Raises IllegalTransition; then nothing has changed."""
    allowed = LIFE_CYCLE.transition(ResourceState(instance.state), target)
    put_in_state(session, ports, instance, allowed, error=error, reason=reason)


def put_in_state(
    session: Session,
    ports: Ports,
    instance: Instance,
    target: ResourceState,
    *,
    error: str | None = None,
    reason: str | None = None,
) -> None:
    """Put a locked instance into a state, whatever the life cycle has to say: for an operator's word alone."""
    previous = ResourceState(instance.state)
    instance.state = target.value
    instance.last_error = error
    now = ports.clock.now()
    if previous in METERED:
        usage.record(session, instance, now)
        instance.metered_from = None
    if target in METERED:
        instance.metered_from = now
    touch(instance)
    session.flush()
    published.instance_state_changed(session, instance, previous.value, reason)
