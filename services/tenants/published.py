"""What the tenants service tells. It is the source of tenancy: it follows nobody."""

from __future__ import annotations

from typing import Any

from django.db import connection

from services.tenants.models import Project, Quota, Reservation, Tenant
from shared.events import publish

PROJECT = "tenants.project"
"""How the events of projects begin."""


def tenant_created(tenant: Tenant) -> None:
    """There is a new tenant."""
    _publish("tenants.tenant.created", tenant, _tenant(tenant))


def tenant_updated(tenant: Tenant) -> None:
    """A tenant was renamed or has another plan."""
    _publish("tenants.tenant.updated", tenant, _tenant(tenant))


def tenant_suspended(tenant: Tenant) -> None:
    """A tenant stands still until it is resumed."""
    _publish("tenants.tenant.suspended", tenant, _tenant(tenant))


def tenant_resumed(tenant: Tenant) -> None:
    """A tenant goes on."""
    _publish("tenants.tenant.resumed", tenant, _tenant(tenant))


def tenant_closed(tenant: Tenant) -> None:
    """A tenant is over for good."""
    _publish("tenants.tenant.closed", tenant, _tenant(tenant))


def project_created(project: Project) -> None:
    """There is a new project."""
    _publish("tenants.project.created", project, project_facts(project))


def project_updated(project: Project) -> None:
    """A project was renamed or moved."""
    _publish("tenants.project.updated", project, project_facts(project))


def project_deleted(project: Project) -> None:
    """A project is gone."""
    _publish("tenants.project.deleted", project, project_facts(project))


def quota_changed(quota: Quota) -> None:
    """A limit was set."""
    data = {"project_id": quota.project_id, "resource": quota.resource, "limit": quota.limit}
    _publish("tenants.quota.changed", quota, {"id": quota.id, **data})


def reservation_reserved(reservation: Reservation) -> None:
    """A claim on a quota was made."""
    _publish("tenants.reservation.reserved", reservation, _reservation(reservation))


def reservation_committed(reservation: Reservation) -> None:
    """What was claimed exists."""
    _publish("tenants.reservation.committed", reservation, _reservation(reservation))


def reservation_released(reservation: Reservation) -> None:
    """A claim was given back."""
    _publish("tenants.reservation.released", reservation, _reservation(reservation))


def reservation_expired(reservation: Reservation) -> None:
    """A claim that nobody settled in time no longer counts."""
    _publish("tenants.reservation.expired", reservation, _reservation(reservation))


def project_facts(project: Project) -> dict[str, Any]:
    """What is told of a project."""
    return {"id": project.id, "name": project.name, "parent_id": project.parent_id}


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {name: getattr(tenant, name) for name in ("id", "name", "slug", "plan", "state")}


def _reservation(reservation: Reservation) -> dict[str, Any]:
    names = ("id", "reservation_id", "resource", "amount", "state", "project_id")
    return {name: getattr(reservation, name) for name in names}


def _publish(kind: str, row: Any, data: dict[str, Any]) -> None:
    """In the stream of the tenant that the row belongs to, whoever changed it."""
    publish(connection, kind, subject=row.id, data=data, sequence=row.version, tenant_id=row.tenant_id)
