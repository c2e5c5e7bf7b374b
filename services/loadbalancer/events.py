"""Events that loadbalancer handles: its own, to settle quota reservations, and the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.loadbalancer import operations
from services.loadbalancer.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def on_created(event: Event, session: Session) -> None:
        ports.quotas.commit(event.subject)

    def on_deleted(event: Event, session: Session) -> None:
        ports.quotas.release(event.subject)

    def on_tenant_closed(event: Event, session: Session) -> None:
        operations.delete_all(session, ports)

    return {
        "loadbalancer.load_balancer.created": on_created,
        "loadbalancer.load_balancer.deleted": on_deleted,
        "tenants.tenant.closed": on_tenant_closed,
    }
