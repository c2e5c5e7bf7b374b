"""What deploy hears: a suspended tenant's rollouts stand still, a closed tenant's are given up."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.deploy.operations import deployments
from services.deploy.ports import Ports
from shared.events import Event
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
        "tenants.tenant.suspended": on_suspended,
        "tenants.tenant.resumed": on_resumed,
        "tenants.tenant.closed": on_closed,
    }
