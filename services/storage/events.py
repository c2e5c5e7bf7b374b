"""Events that storage handles. What it publishes is next to what causes it, in `operations`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.storage.operations import upkeep, volumes
from services.storage.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""

    def on_tenant_closed(event: Event, session: Session) -> None:
        upkeep.close_tenant(session, ports)

    return {"compute.instance.deleted": on_instance_deleted, "tenants.tenant.closed": on_tenant_closed}


def on_instance_deleted(event: Event, session: Session) -> None:
    """A volume outlives its instance: it is free again."""
    volumes.detach_all(session, event.subject)
