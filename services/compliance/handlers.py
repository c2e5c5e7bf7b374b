"""What compliance hears: of tenants' beginnings and ends, and of other services' resources, for audits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.compliance.operations.policies import delete_all, ensure_baseline
from services.compliance.operations.resources import note_resource
from services.compliance.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler
from shared.events.resources import KINDS


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""

    def resource_changed(event: Event, _transaction: Any) -> None:
        """A service tells of a resource: `<service>.<type>.<what happened>`."""
        note_resource(ports, event)

    return {
        "tenants.tenant.created": on_tenant_created,
        "tenants.tenant.closed": on_tenant_closed,
        **{event_type: resource_changed for kind in KINDS for event_type in kind.event_types()},
    }


def on_tenant_created(_event: Event, _transaction: Any) -> None:
    """A new tenant starts with the baseline."""
    ensure_baseline()


def on_tenant_closed(_event: Event, _transaction: Any) -> None:
    """Policies go with the tenant; what was decided by them stays as evidence."""
    delete_all()
