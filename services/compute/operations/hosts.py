"""Hosts, server groups and drills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from services.compute.domain.affinity import GroupPolicy
from services.compute.domain.errors import GroupInUse, HostInUse
from services.compute.domain.hosts import DEFAULT_MAX_INSTANCES, HostState
from services.compute.domain.inventory import Inventory
from services.compute.repository import (
    FaultRepository,
    HostRepository,
    ServerGroupRepository,
    ZoneRepository,
)
from services.compute.tables import Host, ServerGroup, SimulatedFault
from shared.errors import NotFound, VersionConflict
from shared.events import publish
from shared.kernel.context import current_tenant
from shared.utils.ids import new_id


@dataclass(frozen=True)
class HostChange:
    """What an operator changes of a host; None leaves it as it is."""

    enabled: bool | None = None
    max_instances: int | None = None
    inventories: tuple[Inventory, ...] | None = None


def create_host(
    session: Session,
    zone: str,
    inventories: Iterable[Inventory],
    *,
    dedicated_tenant_id: str | None = None,
    max_instances: int = DEFAULT_MAX_INSTANCES,
) -> HostState:
    """A host in a zone, for everybody or for one tenant. Raises UnknownZone."""
    ZoneRepository(session).get(zone)
    host_id = new_id("host")
    session.add(
        Host(id=host_id, zone=zone, dedicated_tenant_id=dedicated_tenant_id, max_instances=max_instances, generation=0)
    )
    session.flush()
    HostRepository(session).put_inventories(host_id, inventories)
    return _published(session, "compute.host.created", host_id)


def change_host(session: Session, host_id: str, change: HostChange, expected: int | None) -> HostState:
    """Change a host and make its next generation. Raises HostNotFound or VersionConflict."""
    hosts = HostRepository(session)
    host = hosts.get(host_id, lock=True)
    if expected is not None and host.generation != expected:
        raise VersionConflict(f"the present generation is {host.generation}, not {expected}")
    if change.enabled is not None:
        host.enabled = change.enabled
    if change.max_instances is not None:
        host.max_instances = change.max_instances
    host.generation += 1
    session.flush()
    if change.inventories is not None:
        hosts.put_inventories(host_id, change.inventories)
    return _published(session, "compute.host.updated", host_id)


def delete_host(session: Session, host_id: str) -> None:
    """Remove a host that holds no claims. Raises HostNotFound or HostInUse."""
    hosts = HostRepository(session)
    host = hosts.get(host_id, lock=True)
    if hosts.claims_of_hosts([host_id]) or hosts.has_instances(host_id):
        raise HostInUse("the host still holds instances: delete or move them first")
    session.delete(host)
    session.flush()
    publish(session, "compute.host.deleted", subject=host_id, sequence=host.generation + 1, data={"id": host_id})


def _published(session: Session, type: str, host_id: str) -> HostState:
    state = HostRepository(session).state(host_id)
    data: dict[str, Any] = {
        "id": state.id,
        "zone": state.zone,
        "enabled": state.enabled,
        "dedicated_tenant_id": state.dedicated_tenant_id,
        "generation": state.generation,
        "capacity": {kind.value: inventory.capacity for kind, inventory in state.inventories.items()},
    }
    publish(session, type, subject=host_id, sequence=state.generation, data=data)
    return state


def create_group(session: Session, name: str, policy: GroupPolicy) -> ServerGroup:
    """A server group without members."""
    group = ServerGroupRepository(session).add(
        ServerGroup(id=new_id("sg"), tenant_id=current_tenant(), version=1, name=name, policy=policy.value)
    )
    data = {"id": group.id, "name": name, "policy": policy.value}
    publish(session, "compute.server_group.created", subject=group.id, sequence=1, data=data)
    return group


def delete_group(session: Session, group_id: str) -> None:
    """Remove a group that no instance belongs to. Raises NotFound or GroupInUse."""
    groups = ServerGroupRepository(session)
    group = groups.get(group_id, lock=True)
    if groups.has_members(group_id):
        raise GroupInUse("instances still belong to the group: delete them first")
    session.delete(group)
    session.flush()
    data = {"id": group_id, "name": group.name, "policy": group.policy}
    publish(session, "compute.server_group.deleted", subject=group_id, sequence=group.version + 1, data=data)


def plan_fault(session: Session, fault: SimulatedFault) -> SimulatedFault:
    """Let the next matching requests to a simulated provider fail (a drill)."""
    planned = FaultRepository(session).add(fault)
    data = {"id": planned.id, "operation": planned.operation, "kind": planned.kind, "remaining": planned.remaining}
    publish(session, "compute.fault.planned", subject=planned.id, sequence=1, data=data)
    return planned


def cancel_fault(session: Session, fault_id: str) -> None:
    """Call a drill off. Raises NotFound."""
    if not FaultRepository(session).remove(fault_id):
        raise NotFound(f"there is no fault {fault_id}")
    publish(session, "compute.fault.cancelled", subject=fault_id, sequence=2, data={"id": fault_id})
