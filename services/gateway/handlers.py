"""What the gateway hears: who may not act any more. Every gateway hears all of it, and keeps it in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.gateway.ports import Ports
from shared.events import Event
from shared.events.follower import Heard
from shared.kernel.standing import ACTIVE, CLOSED, SUSPENDED


def handlers(ports: Ports) -> Mapping[str, Heard]:
    """Handlers by event type: they keep the standing fresh."""
    standing = ports.standing

    def tenant_is(status: str) -> Heard:
        def hear(event: Event, _transaction: Any) -> None:
            standing.tenant_is(event.subject, status, event.sequence)

        return hear

    def account_ended(event: Event, _transaction: Any) -> None:
        standing.account_ended(event.subject)

    def ended(event: Event, _transaction: Any) -> None:
        standing.ended(event.subject)

    return {
        "tenants.tenant.created": tenant_is(ACTIVE),
        "tenants.tenant.resumed": tenant_is(ACTIVE),
        "tenants.tenant.suspended": tenant_is(SUSPENDED),
        "tenants.tenant.closed": tenant_is(CLOSED),
        "auth.user.disabled": account_ended,
        "auth.service_account.deleted": account_ended,
        "auth.session.revoked": ended,
        "auth.api_key.revoked": ended,
        "auth.grant.deleted": ended,
    }
