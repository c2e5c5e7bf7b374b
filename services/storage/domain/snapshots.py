"""Snapshots: a volume's content at a point in time, and the volumes made from it."""

from __future__ import annotations

from services.storage.domain.volumes import VolumeState
from shared.errors import Conflict, ValidationFailed

SNAPSHOTABLE = frozenset({VolumeState.ACTIVE, VolumeState.IN_USE})


class NotSnapshotable(Conflict):
    """A snapshot can only be taken of a volume that has content."""

    code = "not_snapshotable"


class SmallerThanSnapshot(ValidationFailed):
    """A volume made from a snapshot must hold all of it."""

    code = "smaller_than_snapshot"


def ensure_snapshotable(state: VolumeState) -> None:
    """Raises NotSnapshotable unless the volume is active or in use."""
    if state not in SNAPSHOTABLE:
        raise NotSnapshotable(f"a {state} volume has nothing to take a snapshot of")


def restored_size(snapshot_gib: int, wanted_gib: int | None) -> int:
    """The size of a volume made from a snapshot: the snapshot's, or a larger one. Raises SmallerThanSnapshot."""
    if wanted_gib is None:
        return snapshot_gib
    if wanted_gib < snapshot_gib:
        raise SmallerThanSnapshot(f"the snapshot has {snapshot_gib} GiB, the volume can't have {wanted_gib}")
    return wanted_gib
