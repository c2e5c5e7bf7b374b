"""Events that network handles: its own, to settle quota reservations, and the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.network.operations import tenancy
from services.network.ports import ports
from shared.events import Event
from shared.events.inbox import Handler


def on_made(event: Event, tx: Any) -> None:
    """What was reserved exists now."""
    ports().quotas.commit(event.subject)


def on_gone(event: Event, tx: Any) -> None:
    """What was reserved is gone. Only once that is committed: a delete that fails must keep its reservation."""
    ports().quotas.release(event.subject)


def on_tenant_closed(event: Event, tx: Any) -> None:
    """Nothing of a closed tenant stays."""
    tenancy.delete_all()


HANDLERS: Mapping[str, Handler] = {
    "network.vpc.created": on_made,
    "network.subnet.created": on_made,
    "network.address.allocated": on_made,
    "network.vpc.deleted": on_gone,
    "network.subnet.deleted": on_gone,
    "network.address.released": on_gone,
    "tenants.tenant.closed": on_tenant_closed,
}
