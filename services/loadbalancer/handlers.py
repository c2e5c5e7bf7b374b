"""What loadbalancer hears: of its own load balancers, to settle their quota, and of tenants.

Nobody's backends are checked while their tenant is suspended; its load balancers are metered on, since they are held.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.loadbalancer.operations import tenancy
from services.loadbalancer.ports import Ports
from shared.events import Event
from shared.events.closing import close_gate
from shared.events.inbox import Handler
from shared.events.standings import note_standing
from shared.kernel.standing import ACTIVE, CLOSED, SUSPENDED
from shared.quotas import Counted, settlements

LOAD_BALANCERS = Counted(
    "loadbalancer.load_balancer.created", "loadbalancer.load_balancer.deleted", ("load_balancers",)
)


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def tenant_stands(state: str) -> Handler:
        def stands(event: Event, session: Session) -> None:
            note_standing(session, event, state)

        return stands

    def tenant_closed(event: Event, session: Session) -> None:
        note_standing(session, event, CLOSED)
        close_gate(session)
        tenancy.delete_all(session, ports)

    return {
        **settlements(ports.quotas, LOAD_BALANCERS),
        "tenants.tenant.suspended": tenant_stands(SUSPENDED),
        "tenants.tenant.resumed": tenant_stands(ACTIVE),
        "tenants.tenant.closed": tenant_closed,
    }
