"""What the auth service hears: where tenants are in their life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.auth.domain.standing import ACTIVE, CLOSED, SUSPENDED
from services.auth.operations import standing
from services.auth.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type: they keep the copy of the tenants' states fresh."""

    def hear(status: str) -> Handler:
        def handle(event: Event, _connection: Any) -> None:
            standing.heard(ports, event.subject, status, event.sequence)

        return handle

    return {
        "tenants.tenant.created": hear(ACTIVE),
        "tenants.tenant.resumed": hear(ACTIVE),
        "tenants.tenant.suspended": hear(SUSPENDED),
        "tenants.tenant.closed": hear(CLOSED),
    }
