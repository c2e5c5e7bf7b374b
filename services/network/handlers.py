"""What network hears: of its own resources, to settle their quota, and of the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.network.operations import tenancy
from services.network.ports import Ports
from shared.events import Event
from shared.events.closing import close_gate
from shared.events.inbox import Handler
from shared.quotas import Counted, settlements

COUNTED = (
    Counted("network.vpc.created", "network.vpc.deleted", ("vpcs",)),
    Counted("network.subnet.created", "network.subnet.deleted", ("subnets",)),
    Counted("network.address.allocated", "network.address.released", ("addresses",)),
)


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def tenant_closed(_event: Event, connection: Any) -> None:
        close_gate(connection)
        tenancy.delete_all(ports)

    return {**settlements(ports.quotas, *COUNTED), "tenants.tenant.closed": tenant_closed}
