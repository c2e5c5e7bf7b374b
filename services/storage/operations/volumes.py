"""Volumes: create, change, attach, detach, delete."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain import volumes as rules
from services.storage.domain.quotas import growth_claim, volume_claims
from services.storage.domain.snapshots import restored_size
from services.storage.domain.volumes import VOLUME_LIFE_CYCLE, VolumeState
from services.storage.operations import usage
from services.storage.ports import Ports
from services.storage.repository import SnapshotRepository, VolumeRepository
from services.storage.tables import Volume
from shared.errors import NotFound
from shared.events.closing import pass_gate
from shared.infra.db.sqlalchemy import check_version, touch
from shared.infra.state_machine import ResourceState
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.quotas import Claim
from shared.utils.ids import new_id


def create(
    session: Session,
    ports: Ports,
    *,
    name: str,
    size_gib: int | None,
    volume_class: str,
    zone: str,
    snapshot_id: str | None,
) -> Volume:
    """A new volume, empty or with a snapshot's content. Raises the size rules' errors or QuotaExceeded."""
    if snapshot_id is not None:
        size_gib = restored_size(SnapshotRepository(session).get(snapshot_id).size_gib, size_gib)
    size = rules.valid_size(volume_class, size_gib or 0)
    volume_id = new_id("vol")
    claims = volume_claims(volume_id, size)
    volume = Volume(
        id=volume_id,
        tenant_id=current_tenant(),
        name=name,
        size_gib=size,
        volume_class=volume_class,
        zone=zone,
        state=VolumeState.PENDING,
        instance_id=None,
        snapshot_id=snapshot_id,
        reservations=[claim.reservation_id for claim in claims],
        metered_from=ports.clock.now(),
    )
    with ports.quotas.reserved(*claims):
        pass_gate(session)
        VolumeRepository(session).add(volume)
        published.volume_created(session, volume)
        _move(session, volume, VolumeState.PROVISIONING)
        # Block storage is cut from the zone's pool at once: there is nothing to wait for.
        _move(session, volume, VolumeState.ACTIVE)
    return volume


def change(
    session: Session, ports: Ports, id: str, *, name: str | None, size_gib: int | None, expected: EntityTags | None
) -> Volume:
    """Rename or grow. What was used at the old size is metered first. Raises VolumesOnlyGrow, QuotaExceeded…"""
    volume = VolumeRepository(session).get(id, lock=True)
    check_version(volume, expected)
    if name is not None:
        volume.name = name
    growth: list[Claim] = []
    if size_gib is not None and size_gib != volume.size_gib:
        size_gib = rules.resized(volume.volume_class, volume.size_gib, size_gib)
        growth.append(growth_claim(volume.id, new_id("growth"), size_gib - volume.size_gib))
    with ports.quotas.reserved(*growth):  # Until the event is written, too: a policy may refuse it.
        for claim in growth:
            _grow(session, ports, volume, claim)
        touch(volume)
        published.volume_updated(session, volume, [claim.reservation_id for claim in growth])
    return volume


def attach(session: Session, ports: Ports, id: str, instance_id: str, expected: EntityTags | None) -> Volume:
    """Give an active volume to an instance in its zone.

    Raises NotFound (for an instance that is being deleted, too), ZoneMismatch or IllegalTransition.
    """
    volume = VolumeRepository(session).get(id, lock=True)
    check_version(volume, expected)
    VOLUME_LIFE_CYCLE.transition(VolumeState(volume.state), VolumeState.ATTACHING)
    instance = ports.compute.instance(instance_id)
    if instance["state"] in (ResourceState.DELETING, ResourceState.DELETED):
        # Its end may be heard before this is committed: nobody would free the volume again.
        raise NotFound(f"the instance {instance_id} is being deleted")
    rules.ensure_same_zone(volume.zone, instance["placement"]["zone"])
    _move(session, volume, VolumeState.ATTACHING)
    volume.instance_id = instance_id
    _move(session, volume, VolumeState.IN_USE)
    return volume


def detach(session: Session, id: str, expected: EntityTags | None = None) -> Volume:
    """Take a volume from its instance. Raises IllegalTransition unless it is in use."""
    volume = VolumeRepository(session).get(id, lock=True)
    check_version(volume, expected)
    _detach(session, volume)
    return volume


def detach_all(session: Session, instance_id: str) -> None:
    """The instance is gone: its volumes are free again."""
    for volume in VolumeRepository(session).attached_to(instance_id):
        _detach(session, volume)


def delete(session: Session, ports: Ports, id: str, expected: EntityTags | None) -> None:
    """Delete a volume that isn't in use. Raises IllegalTransition."""
    volume = VolumeRepository(session).get(id, lock=True)
    check_version(volume, expected)
    end(session, ports, volume)


def end(session: Session, ports: Ports, volume: Volume) -> None:
    """A locked volume's last steps: it is metered to this moment, then it is gone. Raises IllegalTransition."""
    _move(session, volume, VolumeState.DELETING)
    usage.record(session, volume, ports.clock.now())
    _move(session, volume, VolumeState.DELETED)
    published.volume_deleted(session, volume)
    VolumeRepository(session).remove(volume)


def _grow(session: Session, ports: Ports, volume: Volume, growth: Claim) -> None:
    """The volume's new size, once what it used at the old one is recorded."""
    usage.record(session, volume, ports.clock.now())
    volume.size_gib += growth.amount
    volume.reservations = [*volume.reservations, growth.reservation_id]


def _detach(session: Session, volume: Volume) -> None:
    _move(session, volume, VolumeState.DETACHING)
    volume.instance_id = None
    _move(session, volume, VolumeState.ACTIVE)


def _move(session: Session, volume: Volume, target: VolumeState) -> None:
    """One transition by the table, with its event."""
    before = VolumeState(volume.state)
    volume.state = VOLUME_LIFE_CYCLE.transition(before, target)
    touch(volume)
    published.volume_state_changed(session, volume, str(before))
