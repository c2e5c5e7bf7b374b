"""What a tenant's own life does to its instances."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.compute.domain.instances import UNSETTLED
from services.compute.operations.states import change_state
from services.compute.ports import Ports
from services.compute.repository import InstanceRepository
from shared.errors import ServiceUnavailable
from shared.infra.state_machine import ResourceState

S = ResourceState


def stop_all(session: Session, ports: Ports) -> None:
    """A suspended tenant's instances are stopped, and with that no longer charged for."""
    _wait_until_settled(session)
    for instance in InstanceRepository(session).in_states([S.ACTIVE]):
        change_state(session, ports, instance, S.STOPPING)


def delete_all(session: Session, ports: Ports) -> None:
    """A closed tenant leaves no instance behind."""
    _wait_until_settled(session)
    for instance in InstanceRepository(session).in_states([S.PENDING, S.ACTIVE, S.STOPPED, S.FAILED]):
        change_state(session, ports, instance, S.DELETING)


def _wait_until_settled(session: Session) -> None:
    """Raise ServiceUnavailable, which puts the event off, while a provider is at work for one of the instances."""
    if InstanceRepository(session).in_states(UNSETTLED):
        raise ServiceUnavailable("instances of the tenant are still being worked on", retry_after=1)
