"""What monitor hears: the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.monitor.operations.tenancy import remove_everything
from services.monitor.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""
    return {"tenants.tenant.closed": on_tenant_closed}


def on_tenant_closed(_event: Event, session: Session) -> None:
    """Nothing of a closed tenant stays."""
    remove_everything(session)
