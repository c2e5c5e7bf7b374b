"""Volumes and snapshots."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from services.storage.domain import snapshots as snapshot_rules
from services.storage.domain import volumes as rules
from services.storage.domain.metering import METER, gib_seconds, quantity_text
from services.storage.domain.volumes import VOLUME_LIFE_CYCLE, VolumeState
from services.storage.operations import quota
from services.storage.ports import Ports
from services.storage.repository import SnapshotRepository, VolumeRepository
from services.storage.tables import Snapshot, Volume
from shared.events import publish
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
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
        size_gib = snapshot_rules.restored_size(SnapshotRepository(session).get(snapshot_id).size_gib, size_gib)
    size = rules.valid_size(volume_class, size_gib or 0)
    volume = Volume(
        id=new_id("vol"),
        tenant_id=current_tenant(),
        name=name,
        size_gib=size,
        volume_class=volume_class,
        zone=zone,
        state=VolumeState.PENDING,
        instance_id=None,
        snapshot_id=snapshot_id,
        reservations=[],
        metered_until=ports.clock.now(),
    )
    with quota.reserved(session, ports, volume.id, {"volumes": 1, "storage_gib": size}) as reservations:
        volume.reservations = reservations
        VolumeRepository(session).add(volume)
        _publish(session, "storage.volume.created", volume)
        _move(session, volume, VolumeState.PROVISIONING)
        # Block storage is cut from the zone's pool at once: there is nothing to wait for.
        _move(session, volume, VolumeState.ACTIVE)
    return volume


def change(
    session: Session, ports: Ports, id: str, *, name: str | None, size_gib: int | None, expected: int | None
) -> Volume:
    """Rename or grow. What was used at the old size is metered first. Raises VolumesOnlyGrow, QuotaExceeded…"""
    volume = VolumeRepository(session).get(id, lock=True)
    check_version(volume, expected)
    if name is not None:
        volume.name = name
    if size_gib is not None and size_gib != volume.size_gib:
        _grow(session, ports, volume, rules.resized(volume.volume_class, volume.size_gib, size_gib))
    touch(volume)
    _publish(session, "storage.volume.updated", volume)
    return volume


def attach(session: Session, ports: Ports, id: str, instance_id: str) -> Volume:
    """Give an active volume to an instance in its zone. Raises NotFound, ZoneMismatch or IllegalTransition."""
    volume = VolumeRepository(session).get(id, lock=True)
    VOLUME_LIFE_CYCLE.transition(VolumeState(volume.state), VolumeState.ATTACHING)
    instance = ports.compute.instance(instance_id)
    rules.ensure_same_zone(volume.zone, instance["placement"]["zone"])
    _move(session, volume, VolumeState.ATTACHING)
    volume.instance_id = instance_id
    _move(session, volume, VolumeState.IN_USE)
    return volume


def detach(session: Session, id: str) -> Volume:
    """Take a volume from its instance. Raises IllegalTransition unless it is in use."""
    volume = VolumeRepository(session).get(id, lock=True)
    _detach(session, volume)
    return volume


def detach_all(session: Session, instance_id: str) -> None:
    """The instance is gone: its volumes are free again."""
    for volume in VolumeRepository(session).attached_to(instance_id):
        _detach(session, volume)


def delete(session: Session, ports: Ports, id: str) -> None:
    """Delete a volume that isn't in use, and give its quota back. Raises IllegalTransition."""
    volume = VolumeRepository(session).get(id, lock=True)
    end(session, ports, volume)
    quota.release_after_commit(session, ports, volume.reservations)


def end(session: Session, ports: Ports, volume: Volume) -> None:
    """The volume's last steps: it is metered to this moment, then it is gone. Raises IllegalTransition."""
    _move(session, volume, VolumeState.DELETING)
    meter(session, volume, ports.clock.now())
    _move(session, volume, VolumeState.DELETED)
    _publish(session, "storage.volume.deleted", volume)
    VolumeRepository(session).remove(volume)


def meter(session: Session, volume: Volume, until: datetime) -> None:
    """Publish what was used since the last time, as a half-open period, so that periods neither overlap nor gap."""
    quantity = quantity_text(gib_seconds(volume.size_gib, volume.metered_until, until))
    if quantity == "0":
        return
    touch(volume)
    publish(
        session,
        "storage.usage.recorded",
        subject=volume.id,
        data={
            "meter": METER,
            "quantity": quantity,
            "started_at": volume.metered_until.isoformat(),
            "ended_at": until.isoformat(),
            "resource_id": volume.id,
            "source": "storage",
        },
        sequence=volume.version,
    )
    volume.metered_until = until


def meter_all(session: Session, until: datetime) -> int:
    """Meter every volume of the tenant; how many there are."""
    found = VolumeRepository(session).of_tenant()
    for volume in found:
        meter(session, volume, until)
    return len(found)


def take_snapshot(session: Session, ports: Ports, volume_id: str, name: str) -> Snapshot:
    """Keep a volume's present content. Raises NotSnapshotable or QuotaExceeded."""
    volume = VolumeRepository(session).get(volume_id, lock=True)
    snapshot_rules.ensure_snapshotable(VolumeState(volume.state))
    snapshot = Snapshot(
        id=new_id("snap"),
        tenant_id=current_tenant(),
        name=name,
        volume_id=volume.id,
        size_gib=volume.size_gib,
        zone=volume.zone,
    )
    with quota.reserved(session, ports, snapshot.id, {"snapshots": 1}):
        SnapshotRepository(session).add(snapshot)
        _publish_snapshot(session, "storage.snapshot.created", snapshot)
    return snapshot


def delete_snapshot(session: Session, ports: Ports, id: str) -> None:
    """Delete a snapshot; volumes made from it have their own content."""
    snapshot = SnapshotRepository(session).get(id, lock=True)
    end_snapshot(session, snapshot)
    quota.release_after_commit(session, ports, [f"{snapshot.id}:snapshots"])


def end_snapshot(session: Session, snapshot: Snapshot) -> None:
    """The snapshot is gone."""
    touch(snapshot)
    _publish_snapshot(session, "storage.snapshot.deleted", snapshot)
    SnapshotRepository(session).remove(snapshot)


def _grow(session: Session, ports: Ports, volume: Volume, size_gib: int) -> None:
    growth = f"{volume.id}:{volume.version}"
    with quota.reserved(session, ports, growth, {"storage_gib": size_gib - volume.size_gib}) as reservations:
        meter(session, volume, ports.clock.now())
        volume.size_gib = size_gib
        volume.reservations = [*volume.reservations, *reservations]


def _detach(session: Session, volume: Volume) -> None:
    _move(session, volume, VolumeState.DETACHING)
    volume.instance_id = None
    _move(session, volume, VolumeState.ACTIVE)


def _move(session: Session, volume: Volume, target: VolumeState) -> None:
    """One transition by the table, with its event."""
    before = VolumeState(volume.state)
    volume.state = VOLUME_LIFE_CYCLE.transition(before, target)
    touch(volume)
    publish(
        session,
        "storage.volume.state_changed",
        subject=volume.id,
        data={"id": volume.id, "from": str(before), "to": str(target), "instance_id": volume.instance_id},
        sequence=volume.version,
    )


def _publish(session: Session, type: str, volume: Volume) -> None:
    publish(
        session,
        type,
        subject=volume.id,
        data={
            "id": volume.id,
            "name": volume.name,
            "size_gib": volume.size_gib,
            "volume_class": volume.volume_class,
            "zone": volume.zone,
            "state": str(volume.state),
        },
        sequence=volume.version,
    )


def _publish_snapshot(session: Session, type: str, snapshot: Snapshot) -> None:
    publish(
        session,
        type,
        subject=snapshot.id,
        data={
            "id": snapshot.id,
            "name": snapshot.name,
            "volume_id": snapshot.volume_id,
            "size_gib": snapshot.size_gib,
        },
        sequence=snapshot.version,
    )
