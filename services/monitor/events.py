"""Events that monitor handles: the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from services.monitor import operations
from shared.events import Event
from shared.events.inbox import Handler


def on_tenant_closed(event: Event, session: Session) -> None:
    """Nothing of a closed tenant stays."""
    operations.delete_all(session)


HANDLERS: Mapping[str, Handler] = {"tenants.tenant.closed": on_tenant_closed}
