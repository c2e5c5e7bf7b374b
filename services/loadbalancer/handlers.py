"""What loadbalancer hears: of its own load balancers, to settle their quota, and of the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.loadbalancer.operations import tenancy
from services.loadbalancer.ports import Ports
from shared.events import Event
from shared.events.closing import close_gate
from shared.events.inbox import Handler
from shared.quotas import Counted, settlements

LOAD_BALANCERS = Counted(
    "loadbalancer.load_balancer.created", "loadbalancer.load_balancer.deleted", ("load_balancers",)
)


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def tenant_closed(_event: Event, session: Session) -> None:
        close_gate(session)
        tenancy.delete_all(session, ports)

    return {**settlements(ports.quotas, LOAD_BALANCERS), "tenants.tenant.closed": tenant_closed}
