"""What compliance hears: new tenants, and the resources of other services, so that audits know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.compliance.operations.policies import ensure_baseline
from services.compliance.operations.resources import note_resource
from services.compliance.ports import Ports
from shared.events import Event
from shared.events.inbox import Handler

RESOURCES = ("compute.instance", "storage.bucket", "storage.volume", "network.vpc", "network.subnet")
CHANGES = ("created", "updated", "state_changed", "deleted")


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """The handlers by event type."""
    return {
        "tenants.tenant.created": on_tenant_created,
        **{f"{resource}.{change}": on_resource_changed for resource in RESOURCES for change in CHANGES},
    }


def on_tenant_created(_event: Event, _transaction: Any) -> None:
    """A new tenant starts with the baseline."""
    ensure_baseline()


def on_resource_changed(event: Event, _transaction: Any) -> None:
    """A service tells of a resource: `<service>.<type>.<what happened>`."""
    service, resource_type, happened = event.type.split(".")
    note_resource(
        resource_type,
        event.subject,
        {**event.data, "service": service},
        event.sequence,
        deleted=happened == "deleted",
    )
