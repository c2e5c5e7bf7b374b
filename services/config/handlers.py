"""What config hears: the end of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from services.config.operations.tenancy import close
from services.config.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""
    return {"tenants.tenant.closed": partial(on_tenant_closed, ports)}


def on_tenant_closed(ports: Ports, _event: Event, _transaction: Any) -> None:
    """Nothing of a tenant that is gone stays behind."""
    close(ports)
