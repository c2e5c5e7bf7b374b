"""Snapshots: take and delete."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage import published
from services.storage.domain.quotas import snapshot_claim
from services.storage.domain.snapshots import ensure_snapshotable
from services.storage.domain.volumes import VolumeState
from services.storage.ports import Ports
from services.storage.repository import SnapshotRepository, VolumeRepository
from services.storage.tables import Snapshot
from shared.events.closing import pass_gate
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def take(session: Session, ports: Ports, volume_id: str, name: str, expected: EntityTags | None) -> Snapshot:
    """Keep a volume's present content; `expected` is the volume's version. Raises NotSnapshotable or QuotaExceeded."""
    volume = VolumeRepository(session).get(volume_id, lock=True)
    check_version(volume, expected)
    ensure_snapshotable(VolumeState(volume.state))
    snapshot = Snapshot(
        id=new_id("snap"),
        tenant_id=current_tenant(),
        name=name,
        volume_id=volume.id,
        size_gib=volume.size_gib,
        zone=volume.zone,
    )
    with ports.quotas.reserved(snapshot_claim(snapshot.id)):
        pass_gate(session)
        SnapshotRepository(session).add(snapshot)
        published.snapshot_created(session, snapshot)
    return snapshot


def delete(session: Session, id: str, expected: EntityTags | None) -> None:
    """Delete a snapshot; volumes made from it have their own content."""
    snapshot = SnapshotRepository(session).get(id, lock=True)
    check_version(snapshot, expected)
    end(session, snapshot)


def end(session: Session, snapshot: Snapshot) -> None:
    """A locked snapshot is gone."""
    touch(snapshot)
    published.snapshot_deleted(session, snapshot)
    SnapshotRepository(session).remove(snapshot)
