"""What monitor hears: where tenants are in their life."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy.orm import Session

from services.monitor.operations import tenancy
from services.monitor.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler, advance


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""
    return {
        "tenants.tenant.suspended": on_tenant_suspended,
        "tenants.tenant.resumed": on_tenant_resumed,
        "tenants.tenant.closed": partial(on_tenant_closed, ports),
    }


def on_tenant_suspended(event: Event, session: Session) -> None:
    """Nothing is evaluated for a suspended tenant. A suspension that comes after a later resumption says nothing."""
    if advance(session, event):
        tenancy.suspend(session)


def on_tenant_resumed(event: Event, session: Session) -> None:
    """A resumed tenant's rules are evaluated again."""
    if advance(session, event):
        tenancy.resume(session)


def on_tenant_closed(ports: Ports, _event: Event, session: Session) -> None:
    """Nothing of a closed tenant stays."""
    tenancy.close(session, ports)
