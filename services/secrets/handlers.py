"""What the secrets service hears: where tenants are in their life, and of itself, which secrets came and went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.secrets.operations import tenancy
from services.secrets.operations.counting import RESOURCE
from services.secrets.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler, advance
from shared.quotas import Counted, settlements

WRITTEN = "secrets.secret.written"


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Handlers by event type."""

    def on_tenant_suspended(event: Event, transaction: Any) -> None:
        # One that comes after a later resumption, from the dead letters perhaps, says nothing of the present.
        if advance(transaction, event):
            tenancy.suspend(ports)

    def on_tenant_resumed(event: Event, transaction: Any) -> None:
        advance(transaction, event)

    def on_tenant_closed(_event: Event, _transaction: Any) -> None:
        tenancy.close(ports)

    settling = settlements(ports.quotas, Counted(made=WRITTEN, gone="secrets.secret.deleted", resources=(RESOURCE,)))
    return {
        **settling,
        WRITTEN: _the_first(settling[WRITTEN]),
        "tenants.tenant.suspended": on_tenant_suspended,
        "tenants.tenant.resumed": on_tenant_resumed,
        "tenants.tenant.closed": on_tenant_closed,
    }


def _the_first(handler: Handler) -> Handler:
    """Only a secret's first event makes it count; later versions change nothing, and needn't be told to tenants."""

    def handle(event: Event, transaction: Any) -> None:
        if event.sequence == 1:
            handler(event, transaction)

    return handle
