"""Events of the tenants service. It is the source of tenancy: it publishes, and follows nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from services.tenants.models import Project, Quota, Reservation, Tenant
from shared.events import publish

HANDLERS: dict[str, Callable[..., None]] = {}


def tenant_event(kind: str, tenant: Tenant) -> None:
    """Tell that something happened to a tenant, in that tenant's own stream."""
    data = {name: getattr(tenant, name) for name in ("id", "name", "slug", "plan", "state")}
    _publish(kind, tenant, data)


def project_event(kind: str, project: Project) -> None:
    """Tell that something happened to a project."""
    _publish(kind, project, {"id": project.id, "name": project.name, "parent_id": project.parent_id})


def quota_changed(quota: Quota) -> None:
    """Tell that a limit was set."""
    data = {"project_id": quota.project_id, "resource": quota.resource, "limit": quota.limit}
    _publish("tenants.quota.changed", quota, {"id": quota.id, **data})


def reservation_event(kind: str, reservation: Reservation) -> None:
    """Tell where a claim on a quota is."""
    names = ("reservation_id", "resource", "amount", "state", "project_id")
    _publish(kind, reservation, {"id": reservation.id, **{name: getattr(reservation, name) for name in names}})


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    publish(connection, kind, subject=row.id, data=data, sequence=row.version, tenant_id=row.tenant_id)
