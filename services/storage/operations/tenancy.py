"""What a tenant's own life does to its resources."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage.domain.volumes import VolumeState
from services.storage.operations import buckets, snapshots, volumes
from services.storage.ports import Ports
from services.storage.repository import BucketRepository, SnapshotRepository, VolumeRepository, remove_content


def close_tenant(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind."""
    for volume in VolumeRepository(session).of_tenant():
        if volume.state == VolumeState.IN_USE:
            volumes.detach(session, volume.id)
        volumes.end(session, ports, volume)
    for snapshot in SnapshotRepository(session).of_tenant():
        snapshots.end(session, snapshot)
    remove_content(session)
    for bucket in BucketRepository(session).of_tenant():
        buckets.end(session, bucket)
