"""Events that compute handles: its own, to work on instances, and those of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.compute.operations import provisioning, tenancy
from services.compute.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def on_created(event: Event, session: Session) -> None:
        provisioning.begin(session, ports, event.subject)

    def on_state_changed(event: Event, session: Session) -> None:
        provisioning.advance(session, ports, event.subject)

    def on_tenant_suspended(event: Event, session: Session) -> None:
        tenancy.stop_all(session, ports)

    def on_tenant_closed(event: Event, session: Session) -> None:
        tenancy.delete_all(session, ports)

    return {
        "compute.instance.created": on_created,
        "compute.instance.state_changed": on_state_changed,
        "tenants.tenant.suspended": on_tenant_suspended,
        "tenants.tenant.closed": on_tenant_closed,
    }
