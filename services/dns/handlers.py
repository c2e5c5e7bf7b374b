"""What dns hears: of its own zones, to settle their quota, and of the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.dns.operations import tenancy
from services.dns.ports import Ports
from shared.events import Event
from shared.events.closing import close_gate
from shared.events.inbox import Handler
from shared.quotas import Counted, settlements

ZONES = Counted("dns.zone.created", "dns.zone.deleted", ("dns_zones",))


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type. Each runs in the event's tenant, in one transaction with its inbox row."""

    def tenant_closed(_event: Event, connection: Any) -> None:
        close_gate(connection)
        tenancy.delete_all(ports)

    return {**settlements(ports.quotas, ZONES), "tenants.tenant.closed": tenant_closed}
