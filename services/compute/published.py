"""What compute tells, in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.compute.tables import Host, Instance, Migration, ServerGroup, SimulatedFault
from shared.events import publish

INSTANCE = "compute.instance"
"""What instances' events are called."""


def host_created(session: Session, host: Host, capacity: Mapping[str, int]) -> None:
    """A host was added. `capacity` is what may be claimed of it in base units by resource."""
    data = _host(host, capacity)
    publish(session, "compute.host.created", subject=host.id, sequence=host.generation, data=data)


def host_updated(session: Session, host: Host, capacity: Mapping[str, int]) -> None:
    """A host's settings or inventories are others now."""
    data = _host(host, capacity)
    publish(session, "compute.host.updated", subject=host.id, sequence=host.generation, data=data)


def host_deleted(session: Session, host: Host) -> None:
    """A host was removed."""
    publish(session, "compute.host.deleted", subject=host.id, sequence=host.generation + 1, data={"id": host.id})


def server_group_created(session: Session, group: ServerGroup) -> None:
    """A server group was made."""
    data = _server_group(group)
    publish(session, "compute.server_group.created", subject=group.id, sequence=group.version, data=data)


def server_group_deleted(session: Session, group: ServerGroup) -> None:
    """A server group was removed."""
    data = _server_group(group)
    publish(session, "compute.server_group.deleted", subject=group.id, sequence=group.version + 1, data=data)


def instance_created(session: Session, instance: Instance) -> None:
    """An instance was asked for: it has a host and its quota is reserved."""
    data = instance_facts(instance)
    publish(session, "compute.instance.created", subject=instance.id, sequence=instance.version, data=data)


def instance_updated(session: Session, instance: Instance) -> None:
    """An instance was renamed or relabelled."""
    data = instance_facts(instance)
    publish(session, "compute.instance.updated", subject=instance.id, sequence=instance.version, data=data)


def instance_state_changed(
    session: Session, instance: Instance, previous_state: str, reason: str | None = None
) -> None:
    """An instance went from one state to another, with the error that brought it there, if one did.

    `reason` is given where its life alone wouldn't have led there: `preempted`, or `reset` by an operator.
    """
    data = {
        "id": instance.id,
        "previous_state": previous_state,
        "state": instance.state,
        "zone": instance.zone,
        "host_id": instance.host_id,
        "error": instance.last_error,
        "reason": reason,
    }
    publish(session, "compute.instance.state_changed", subject=instance.id, sequence=instance.version, data=data)


def instance_resize_ended(session: Session, instance: Instance, dropped_quota_key: str, error: str | None) -> None:
    """A resize has ended: the instance has the size it has now, and its other size is nobody's any more.

    `error` tells why the size asked for isn't the one that it has; None when it is.
    """
    data = {
        "id": instance.id,
        "flavor": instance.flavor or "custom",
        "vcpus": f"{instance.vcpus.normalize():f}",
        "memory_mib": instance.memory_mib,
        "disk_gib": instance.disk_gib,
        "error": error,
        "quota_key": instance.quota_key,
        "dropped_quota_key": dropped_quota_key,
    }
    publish(session, "compute.instance.resize_ended", subject=instance.id, sequence=instance.version, data=data)


def migration_started(session: Session, migration: Migration) -> None:
    """An instance began to move from a host to another and holds capacity on both."""
    data = _migration(migration)
    publish(session, "compute.migration.started", subject=migration.id, sequence=migration.version, data=data)


def migration_ended(session: Session, migration: Migration) -> None:
    """A move has ended: `completed` on the new host, or with an `error` on the old one."""
    data = _migration(migration)
    publish(session, "compute.migration.ended", subject=migration.id, sequence=migration.version, data=data)


def instance_deleted(session: Session, instance: Instance) -> None:
    """An instance is gone from its provider; what it held is free again."""
    data = {"id": instance.id, "name": instance.name, "quota_key": instance.quota_key}
    publish(session, "compute.instance.deleted", subject=instance.id, sequence=instance.version + 1, data=data)


def fault_planned(session: Session, fault: SimulatedFault) -> None:
    """A drill lets the next requests to a simulated provider fail."""
    data = {"id": fault.id, "operation": fault.operation, "kind": fault.kind, "remaining": fault.remaining}
    publish(session, "compute.fault.planned", subject=fault.id, sequence=1, data=data)


def fault_cancelled(session: Session, fault_id: str) -> None:
    """A drill was called off."""
    publish(session, "compute.fault.cancelled", subject=fault_id, sequence=2, data={"id": fault_id})


def instance_facts(instance: Instance) -> dict[str, Any]:
    """An instance as events and policies know it."""
    return {
        "id": instance.id,
        "name": instance.name,
        "state": instance.state,
        "flavor": instance.flavor or "custom",
        "vcpus": f"{instance.vcpus.normalize():f}",
        "memory_mib": instance.memory_mib,
        "disk_gib": instance.disk_gib,
        "image": instance.image,
        "provider": instance.provider,
        "region": instance.region,
        "zone": instance.zone,
        "host_id": instance.host_id,
        "tenancy": instance.tenancy,
        "group_id": instance.group_id,
        "preemptible": instance.preemptible,
        "labels": instance.labels,
    }


def _host(host: Host, capacity: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": host.id,
        "zone": host.zone,
        "enabled": host.enabled,
        "forced_down": host.forced_down,
        "evacuating": host.evacuating,
        "dedicated_tenant_id": host.dedicated_tenant_id,
        "generation": host.generation,
        "capacity": dict(capacity),
    }


def _migration(migration: Migration) -> dict[str, Any]:
    return {
        "id": migration.id,
        "instance_id": migration.instance_id,
        "kind": migration.kind,
        "status": migration.status,
        "source_host": migration.source_host,
        "dest_host": migration.dest_host,
        "error": migration.error,
    }


def _server_group(group: ServerGroup) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "policy": group.policy}
