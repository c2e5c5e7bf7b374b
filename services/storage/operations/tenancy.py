"""What a tenant's own life does to its resources."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.storage.domain.volumes import VolumeState
from services.storage.operations import buckets, snapshots, volumes
from services.storage.ports import Ports
from services.storage.repository import (
    BucketRepository,
    SnapshotRepository,
    VolumeRepository,
    remove_content,
)
from shared.events.closing import close_gate


def close_tenant(session: Session, ports: Ports) -> None:
    """Leave nothing of the context's tenant behind, nor anything that is being made for it at this moment."""
    close_gate(session)
    owned = BucketRepository(session).of_tenant()  # Held from here on: nothing more is put into them.
    for volume in VolumeRepository(session).of_tenant():
        if volume.state == VolumeState.IN_USE:
            volumes.detach(session, volume.id)
        volumes.end(session, ports, volume)
    for snapshot in SnapshotRepository(session).of_tenant():
        snapshots.end(session, snapshot)
    remove_content(session)
    for bucket in owned:
        buckets.end(session, bucket)
