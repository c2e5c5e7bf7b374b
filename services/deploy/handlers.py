"""What deploy hears: a suspended tenant's rollouts stand still, a closed tenant's are given up.

How a tenant stands is kept by the sequence of what was heard last of it: a suspension that comes late, after the
tenant was resumed, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.deploy.operations import deployments
from services.deploy.ports import Ports
from shared.events import Event, advance
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""

    def on_suspended(_event: Event, session: Session) -> None:
        deployments.suspend_all(session, ports)

    def on_resumed(_event: Event, session: Session) -> None:
        deployments.resume_all(session, ports)

    def on_closed(_event: Event, session: Session) -> None:
        deployments.give_up_all(session, ports)

    return {
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
