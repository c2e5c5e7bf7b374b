"""Events of the compliance service; it follows the resources of others, so that audits know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from services.compliance.models import AuditRun, ExemptionRow, PolicyRow, Result
from shared.events import Event, publish


def policy_event(kind: str, policy: PolicyRow) -> None:
    """Tell what a policy says now."""
    names = ("name", "effect", "enforcement", "actions", "resource_types", "priority")
    _publish(kind, policy, {name: getattr(policy, name) for name in names})


def exemption_event(kind: str, exemption: ExemptionRow) -> None:
    """Tell that a policy doesn't count for a resource for a while, or does again."""
    data = {
        "policy_id": exemption.policy_id,
        "resource_id": exemption.resource_id,
        "reason": exemption.reason,
        "expires_at": exemption.expires_at.isoformat(),
    }
    _publish(kind, exemption, data)


def resource_evaluated(result: Result) -> Event:
    """Tell of a decision; the event is its evidence in the audit chain."""
    names = ("action", "resource_type", "resource_id", "allowed", "enforcement", "policy_versions")
    data = {name: getattr(result, name) for name in names}
    violated = [violation["policy"] for violation in result.violations]
    return _publish("compliance.resource.evaluated", result, {**data, "violated": violated})


def audit_completed(run: AuditRun) -> None:
    """Tell how all resources stand."""
    score = None if run.score is None else str(run.score)
    _publish(
        "compliance.audit.completed", run, {"resources": run.resources, "compliant": run.compliant, "score": score}
    )


def _publish(kind: str, row: Any, data: dict[str, Any]) -> Event:
    return publish(connection, kind, subject=row.id, data={"id": row.id, **data}, sequence=row.version)


def on_tenant_created(_event: Event, _transaction: Any) -> None:
    """A new tenant starts with the baseline."""
    from services.compliance import operations

    operations.ensure_baseline()


def on_resource_changed(event: Event, _transaction: Any) -> None:
    """A service tells of a resource: `<service>.<type>.<what happened>`."""
    from services.compliance import operations

    service, resource_type, happened = event.type.split(".")
    operations.note_resource(
        resource_type,
        event.subject,
        {**event.data, "service": service},
        event.sequence,
        deleted=happened == "deleted",
    )


RESOURCES = ("compute.instance", "storage.bucket", "storage.volume", "network.vpc", "network.subnet")

HANDLERS: dict[str, Callable[[Event, Any], None]] = {
    "tenants.tenant.created": on_tenant_created,
    **{
        f"{resource}.{happened}": on_resource_changed
        for resource in RESOURCES
        for happened in ("created", "updated", "state_changed", "deleted")
    },
}
