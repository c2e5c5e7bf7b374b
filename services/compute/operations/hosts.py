"""Hosts: what operators do with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services.compute import published
from services.compute.domain.errors import HostInUse, HostNotDown, InventoryInUse
from services.compute.domain.hosts import DEFAULT_MAX_INSTANCES, HostState
from services.compute.domain.inventory import Inventory
from services.compute.repository import HostRepository, ZoneRepository
from services.compute.tables import Host
from shared.kernel.preconditions import EntityTags, ensure_version
from shared.utils.ids import new_id


@dataclass(frozen=True)
class HostChange:
    """What an operator changes of a host; None leaves it as it is."""

    enabled: bool | None = None
    forced_down: bool | None = None
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
    hosts = HostRepository(session)
    host = hosts.add(
        Host(
            id=new_id("host"),
            zone=zone,
            dedicated_tenant_id=dedicated_tenant_id,
            max_instances=max_instances,
            generation=0,
        )
    )
    hosts.put_inventories(host.id, inventories)
    state = hosts.state(host.id)
    published.host_created(session, host, _capacity(state))
    return state


def change_host(session: Session, host_id: str, change: HostChange, expected: EntityTags | None) -> HostState:
    """Change a host and make its next generation.

    Raises HostNotFound, VersionConflict, or InventoryInUse where claims are held on an inventory that is to go.
    """
    hosts = HostRepository(session)
    host = _locked(session, host_id, expected)
    if change.enabled is not None:
        host.enabled = change.enabled
    if change.forced_down is not None:
        host.forced_down = change.forced_down
        host.evacuating = host.evacuating and change.forced_down
    if change.max_instances is not None:
        host.max_instances = change.max_instances
    host.generation += 1
    session.flush()
    if change.inventories is not None:
        kept = {inventory.resource_class for inventory in change.inventories}
        in_use = sorted({claim.resource_class for claim in hosts.claims_of_hosts([host_id])} - kept)
        if in_use:
            raise InventoryInUse(f"instances hold claims on {', '.join(in_use)} of the host", resource_classes=in_use)
        hosts.put_inventories(host_id, change.inventories)
    state = hosts.state(host_id)
    published.host_updated(session, host, _capacity(state))
    return state


def evacuate_host(session: Session, host_id: str, expected: EntityTags | None) -> HostState:
    """Let everything that is left on a dead host be rebuilt elsewhere, now and for as long as the host is down.

    Raises HostNotFound, VersionConflict or HostNotDown.
    """
    host = _locked(session, host_id, expected)
    if not host.forced_down:
        raise HostNotDown("the host isn't marked as down: what runs there would run twice")
    host.evacuating = True
    host.generation += 1
    session.flush()
    state = HostRepository(session).state(host_id)
    published.host_updated(session, host, _capacity(state))
    return state


def _locked(session: Session, host_id: str, expected: EntityTags | None) -> Host:
    """The host, held until the transaction ends. Raises HostNotFound or VersionConflict."""
    host = HostRepository(session).get(host_id, lock=True)
    ensure_version(host.generation, expected)
    return host


def delete_host(session: Session, host_id: str, expected: EntityTags | None) -> None:
    """Remove a host that holds no claims. Raises HostNotFound, VersionConflict or HostInUse."""
    hosts = HostRepository(session)
    host = _locked(session, host_id, expected)
    if hosts.claims_of_hosts([host_id]) or hosts.has_instances(host_id):
        raise HostInUse("the host still holds instances: delete or move them first")
    hosts.remove(host)
    published.host_deleted(session, host)


def _capacity(state: HostState) -> dict[str, int]:
    """What may be claimed of a host, in base units by resource."""
    return {kind.value: inventory.capacity for kind, inventory in state.inventories.items()}
