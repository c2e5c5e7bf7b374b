"""What deploy hears: of its own deployments, to settle their quota, and of tenants: the rollouts of a suspended one
stand still, those of a closed one are given up.

How a tenant stands is kept by the sequence of what was heard last of it: a suspension that comes late, after the
tenant was resumed, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.orm import Session

from services.deploy.domain.quotas import reservations
from services.deploy.operations import deployments
from services.deploy.operations.counting import CountingPorts
from services.deploy.repository import ENDED_DEPLOYMENTS
from shared.errors import NotFound
from shared.events import Event, advance
from shared.events.inbox import Handler


def handlers(ports: CountingPorts) -> Mapping[str, Handler]:
    """The handlers by event type."""

    def on_suspended(_event: Event, session: Session) -> None:
        deployments.suspend_all(session, ports)

    def on_resumed(_event: Event, session: Session) -> None:
        deployments.resume_all(session, ports)

    def on_closed(_event: Event, session: Session) -> None:
        deployments.give_up_all(session, ports)

    def on_deployment_created(event: Event, _session: Session) -> None:
        with suppress(NotFound):  # One from before deployments were counted, or whose reservation has expired.
            ports.quotas.commit(reservations(event.subject))

    def on_deployment_moved(event: Event, _session: Session) -> None:
        if event.data["state"] in ENDED_DEPLOYMENTS:
            ports.quotas.release(reservations(event.subject))

    return {
        "deploy.deployment.created": on_deployment_created,
        "deploy.deployment.state_changed": on_deployment_moved,
        "tenants.tenant.suspended": _in_sequence(on_suspended),
        "tenants.tenant.resumed": _in_sequence(on_resumed),
        "tenants.tenant.closed": _in_sequence(on_closed),
    }


def _in_sequence(handler: Handler) -> Handler:
    """Handle an event only if it is newer than every one of its subject that was handled before."""

    def handle(event: Event, session: Session) -> None:
        if advance(session, event):
            handler(event, session)

    return handle
